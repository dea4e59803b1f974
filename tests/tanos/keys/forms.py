"""What operators paste where a public key is awaited: each form, and what becomes of it.

The public keys lie in `tests/data/ssh_keys`; `README` there says how they were made.
"""

import base64
import struct
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.tanos.certificates.broken import BROKEN

DATA = Path(__file__).parents[2] / "data" / "ssh_keys"


@dataclass(frozen=True)
class Good:
    """A form that is taken: whose line it is, and whether a repair is said."""

    name: str
    raw: bytes
    key: str = "ed25519"
    repaired: bool = False


@dataclass(frozen=True)
class Bad:
    """A form that is refused by `id`."""

    name: str
    raw: bytes
    id: str


def data(name: str) -> bytes:
    """Return a file of `tests/data/ssh_keys`."""
    return (DATA / name).read_bytes()


def line(key: str = "ed25519") -> str:
    """Return the plain line of a key, without a newline."""
    return data(f"{key}.pub").decode().strip()


def word_body(key: str = "ed25519") -> tuple[str, str]:
    """Return type word and base64."""
    word, body, _ = line(key).split(" ", 2)
    return word, body


def fields(*values: bytes) -> bytes:
    """Return SSH strings, one after the other."""
    return b"".join(struct.pack(">I", len(value)) + value for value in values)


def made_line(word: str, *values: bytes, more: bytes = b"") -> bytes:
    """Return a line of type `word` around a blob of `values`."""
    return f"{word} {base64.b64encode(fields(word.encode(), *values) + more).decode()} made@lab.test\n".encode()


def rsa_line(modulus: int, exponent: int) -> bytes:
    """Return a line with an RSA key of these numbers."""
    return made_line("ssh-rsa", *(number.to_bytes(number.bit_length() // 8 + 1) for number in (exponent, modulus)))


def point(key: str = "ed25519") -> bytes:
    """Return the last field of a key's blob."""
    sizes = {"ed25519": 32, "ecdsa256": 65, "ecdsa384": 97}
    return base64.b64decode(word_body(key)[1])[-sizes[key] :]


def folded(key: str, width: int, newline: str = "\n") -> bytes:
    """Return a line as a terminal of that width breaks it."""
    text = line(key)
    return newline.join(text[at : at + width] for at in range(0, len(text), width)).encode()


WORD, BODY = word_body()
LINE, OTHER, RSA = line(), line("other_ed25519"), line("rsa3072")
SSH2 = data("ed25519.ssh2").decode()
LEFT_OVER = f"{word_body('ecdsa256')[0]} {word_body('ecdsa256')[1].rstrip('=')[:-1]}p= x".encode()
SK = "sk-ssh-ed25519@openssh.com"

GOOD = (
    *(Good(f"plain {key}", data(f"{key}.pub"), key) for key in ("ed25519", "rsa2048", "rsa3072")),
    *(Good(f"plain {key}", data(f"{key}.pub"), key) for key in ("ecdsa256", "ecdsa384", "ecdsa521")),
    *(Good(f"plain {key}", data(f"{key}.pub"), key) for key in ("sk_ed25519", "sk_ecdsa256")),
    Good("no final newline", LINE.encode()),
    Good("no comment", f"{WORD} {BODY}\n".encode()),
    Good("blank lines around", f"\n\n{LINE}\n\n\n".encode()),
    Good("several spaces between", f"{WORD}   {BODY}  x".encode()),
    Good("a tab between", f"{WORD}\t{BODY}\tx".encode()),
    Good("spaces to the end of the line", f"{LINE:<200}\n".encode()),
    Good("a comment of 20 kB", f"{WORD} {BODY} {'c' * 20_000}".encode()),
    Good("a comment in Japanese", f"{WORD} {BODY} 鍵".encode()),
    Good("a comment with markup", f"{WORD} {BODY} [b]x[/b] $(reboot)".encode()),
    Good("CRLF", f"{LINE}\r\n".encode()),
    Good("CR only, as a terminal pastes", f"{LINE}\r".encode()),
    Good("byte order mark", b"\xef\xbb\xbf" + LINE.encode(), repaired=True),
    Good("UTF-16", LINE.encode("utf-16"), repaired=True),
    Good("zero-width space in the key", f"{WORD} {BODY[:30]}\u200b{BODY[30:]}".encode(), repaired=True),
    Good("no-break space between", f"{WORD}\u00a0{BODY} x".encode(), repaired=True),
    Good("leading spaces", f"    {LINE}".encode(), repaired=True),
    Good("leading tab", f"\t{LINE}".encode(), repaired=True),
    Good("mail quote", f"> {LINE}\n".encode(), repaired=True),
    Good("double mail quote", f">> {LINE}\n".encode(), repaired=True),
    Good("screen frame", f"| {LINE} |\n".encode(), repaired=True),
    Good("bracketed paste marks", f"\x1b[200~{LINE}\x1b[201~".encode(), repaired=True),
    Good("terminal colours", f"\x1b[32m{WORD}\x1b[0m {BODY} x".encode(), repaired=True),
    Good("double quotes", f'"{LINE}"\n'.encode(), repaired=True),
    Good("single quotes", f"'{LINE}'".encode(), repaired=True),
    Good("backticks", f"`{LINE}`".encode(), repaired=True),
    Good("a fence", f"```\n{LINE}\n```\n".encode(), repaired=True),
    Good("literal backslash n", f"{WORD} {BODY}\\n".encode(), repaired=True),
    Good("wrapped at 80", folded("rsa3072", 80), "rsa3072", repaired=True),
    Good("wrapped at 20", folded("ed25519", 20), repaired=True),
    Good("wrapped at 64 with CRLF", folded("rsa2048", 64, "\r\n"), "rsa2048", repaired=True),
    Good("wrapped and indented", textwrap.indent(folded("rsa2048", 76).decode(), "  ").encode(), "rsa2048", True),
    Good("a blank line after every line", folded("rsa2048", 70, "\n\n"), "rsa2048", repaired=True),
    Good("wrapped with a backslash", folded("rsa2048", 80, "\\\n"), "rsa2048", repaired=True),
    Good("type word on its own line", f"{WORD}\n{BODY} x".encode(), repaired=True),
    Good("space inside the base64", f"{WORD} {BODY[:40]} {BODY[40:]} x".encode(), repaired=True),
    Good(
        "lost = signs", f"{word_body('rsa3072')[0]} {word_body('rsa3072')[1].rstrip('=')} x".encode(), "rsa3072", True
    ),
    Good("extra = signs", f"{WORD} {BODY}== x".encode(), repaired=True),
    Good("the prompt around", f"op@jump:~$ cat id.pub\n{LINE}\nop@jump:~$ \n".encode(), repaired=True),
    Good("a comment line above", f"# key of ts1\n{LINE}\n".encode(), repaired=True),
    Good("the same line twice", f"{LINE}\n{LINE}\n".encode(), repaired=True),
    Good("SSH2 block", SSH2.encode(), repaired=True),
    Good("SSH2 block of RSA", data("rsa2048.ssh2"), "rsa2048", repaired=True),
    Good("SSH2 block of ECDSA", data("ecdsa256.ssh2"), "ecdsa256", repaired=True),
    Good(
        "SSH2 block with a long header", SSH2.replace("Comment: ", "X-a: b\\\ncc\nComment: ").encode(), repaired=True
    ),
    Good("SSH2 block with CRLF", SSH2.replace("\n", "\r\n").encode(), repaired=True),
)

PUTTY = b"PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\nComment: x\r\nPublic-Lines: 2\r\n"
BAD = (
    Bad("nothing", b"", "not-a-key"),
    Bad("only white space", b" \r\n\t\n", "not-a-key"),
    Bad("prose", b"please add my key, thanks\n", "not-a-key"),
    Bad("PuTTY file", PUTTY, "putty-file"),
    Bad("PuTTY file, its end only", b"AAAAIFoo\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 00\n", "putty-file"),
    Bad("PuTTY file with a public line", PUTTY + LINE.encode(), "putty-file"),
    Bad("SSH certificate", data("ed25519-cert.pub"), "certificate"),
    Bad("X.509 certificate", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "certificate"),
    Bad("certificate request", b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END", "not-a-key"),
    Bad("public key in PEM", data("rsa2048.pem"), "not-a-key"),
    Bad("known_hosts line", f"zs1.lab.test,10.0.0.2 {LINE}".encode(), "known-hosts-line"),
    Bad("known_hosts line with a port", f"[zs1.lab.test]:2222 {LINE}".encode(), "known-hosts-line"),
    Bad("known_hosts line with IPv6", f"fe80::1%eth0 {LINE}".encode(), "known-hosts-line"),
    Bad("hashed known_hosts line", f"|1|YWJj/+==|ZGVm= {LINE}".encode(), "known-hosts-line"),
    Bad("revoked host", f"@revoked *.lab.test {LINE}".encode(), "known-hosts-line"),
    Bad("ssh-keyscan", f"# zs1:22 SSH-2.0-x\nzs1 {LINE}\nzs1 {RSA}\n".encode(), "known-hosts-line"),
    Bad(
        "wrapped, a sign lost",
        folded("rsa2048", 80).replace(b"\n", b"", 1)[:100] + b"\n" + folded("rsa2048", 80)[110:],
        "wrapped",
    ),
    Bad("wrapped in a frame's middle", folded("rsa2048", 80, "\n!!!\n"), "wrapped"),
    Bad("space inside the base64, a sign lost", f"{WORD} {BODY[:30]} {BODY[31:]}".encode(), "wrapped"),
    Bad("two keys on two lines", f"{LINE}\n{OTHER}\n".encode(), "two-keys"),
    Bad("two keys glued at the comment", f"{LINE}{OTHER}\n".encode(), "two-keys"),
    Bad("two keys glued at the base64", f"{WORD} {BODY}{OTHER}".encode(), "two-keys"),
    Bad("a second key without its word", f"{LINE}\n{word_body('rsa2048')[1]}\n".encode(), "two-keys"),
    Bad("a second key in the comment", f"{WORD} {BODY} {word_body('rsa2048')[1]}".encode(), "two-keys"),
    Bad("two SSH2 blocks", (SSH2 + data("rsa2048.ssh2").decode()).encode(), "two-keys"),
    Bad("SSH2 block and a line", (SSH2 + OTHER).encode(), "two-keys"),
    Bad("restrict", f"restrict {LINE}".encode(), "options"),
    Bad("command", f'command="/bin/sh" {LINE}'.encode(), "options"),
    Bad("command that holds a key", f'command="echo {OTHER}" {LINE}'.encode(), "options"),
    Bad("environment", f'environment="PATH=/tmp",no-pty {LINE}'.encode(), "options"),
    Bad("from", f'from="10.0.0.0/8" {LINE}'.encode(), "options"),
    Bad("cert-authority", f"cert-authority {LINE}".encode(), "options"),
    Bad("unknown option", f'frobnicate="x" {LINE}'.encode(), "options"),
    Bad("options on a line of their own", f"no-pty,restrict\n{LINE}".encode(), "options"),
    Bad("upper-case options", f"No-PTY {LINE}".encode(), "options"),
    Bad("RSA 1024", data("rsa1024.pub"), "weak-key"),
    *(Bad(f"RSA with {name}", rsa_line(*numbers), "broken-key") for name, numbers in BROKEN.items()),
    Bad("Ed25519, all zero", made_line(WORD, bytes(32)), "weak-key"),
    Bad("Ed25519, the neutral point", made_line(WORD, b"\1" + bytes(31)), "weak-key"),
    Bad("Ed25519, y not below p", made_line(WORD, b"\xee" + b"\xff" * 30 + b"\x7f"), "weak-key"),
    Bad("DSA", data("dsa.pub"), "dsa"),
    Bad("DSA without its word", data("dsa.pub").split()[1], "dsa"),
    Bad("commented out", f"# {LINE}".encode(), "not-a-key"),
    Bad("line number", f"     1\t{LINE}".encode(), "not-a-key"),
    Bad("text before the key", f"my new key: {LINE}".encode(), "not-a-key"),
    Bad("base64 without a type", f"{BODY} x".encode(), "not-a-key"),
    Bad("type without base64", f"{WORD} x".encode(), "not-a-key"),
    Bad("wrong type word", f"ssh-rsa {BODY} x".encode(), "not-a-key"),
    Bad("wrong curve word", f"ecdsa-sha2-nistp384 {word_body('ecdsa256')[1]}".encode(), "not-a-key"),
    Bad("unknown type word", f"ssh-ed448 {BODY}".encode(), "not-a-key"),
    Bad("upper-case type word", f"SSH-ED25519 {BODY}".encode(), "not-a-key"),
    Bad("cut short", f"{WORD} {BODY[:40]}".encode(), "not-a-key"),
    Bad("one sign lost", f"{WORD} {BODY[:30]}{BODY[31:]}".encode(), "not-a-key"),
    Bad("one sign too many", f"{WORD} {BODY}A x".encode(), "not-a-key"),
    Bad("trailing bytes in the base64", f"{WORD} {BODY}AAAA".encode(), "not-a-key"),
    Bad("junk after the base64", f"{WORD} {BODY}!!".encode(), "not-a-key"),
    Bad("URL-safe base64", f"{WORD} {BODY[:30]}-_{BODY[32:]}".encode(), "not-a-key"),
    Bad("Cyrillic look-alike", f"{WORD} {BODY[:30]}А{BODY[31:]}".encode(), "not-a-key"),
    Bad("bits left over in the last sign", LEFT_OVER, "not-a-key"),
    Bad("NUL inside", f"{WORD} {BODY[:30]}\0{BODY[30:]}".encode(), "not-a-key"),
    Bad("bell in the comment", f"{LINE}\a".encode(), "not-a-key"),
    Bad("fingerprint", b"256 SHA256:" + b"A" * 43 + b" x (ED25519)\n", "not-a-key"),
    Bad("bare fingerprint", b"SHA256:" + b"A" * 43, "not-a-key"),
    Bad("SSH protocol 1", b"2048 65537 " + b"7" * 300 + b" x", "not-a-key"),
    Bad("SSH2 block without its end", SSH2.partition("---- END")[0].encode(), "not-a-key"),
    Bad("SSH2 block, cut", SSH2.replace(BODY[-20:], "").encode(), "not-a-key"),
    Bad("SSH2 block with a foreign sign", SSH2.replace(BODY[-20:], "!").encode(), "not-a-key"),
    Bad("more than 64 kB", LINE.encode() + b"x" * 70_000, "not-a-key"),
    Bad(
        "ECDSA with another curve inside",
        made_line("ecdsa-sha2-nistp384", b"nistp256", point("ecdsa384")),
        "not-a-key",
    ),
    Bad("ECDSA point off its curve", made_line("ecdsa-sha2-nistp256", b"nistp256", b"\4" + bytes(64)), "not-a-key"),
    Bad(
        "ECDSA point compressed",
        made_line("ecdsa-sha2-nistp256", b"nistp256", b"\2" + point("ecdsa256")[1:33]),
        "not-a-key",
    ),
    Bad("RSA integer with a needless zero", made_line("ssh-rsa", b"\0\1\0\1", b"\0" + b"\xff" * 256), "not-a-key"),
    Bad("RSA of 32,768 bits", made_line("ssh-rsa", b"\1\0\1", b"\0" + b"\xff" * 4096), "not-a-key"),
    Bad("negative RSA modulus", made_line("ssh-rsa", b"\1\0\1", b"\xff" * 256), "not-a-key"),
    Bad("Ed25519 of 31 bytes", made_line(WORD, bytes(31)), "not-a-key"),
    Bad("bytes after the last field", made_line(WORD, point(), more=b"\0\0\0\0"), "not-a-key"),
    Bad("security key without its application", made_line(SK, point()), "not-a-key"),
)
