"""Forms that hold no whole request: cut, changed, numbered, or something else."""

import re
from collections.abc import Iterator

from tests.data.pastes.parts import (
    BEGIN,
    BODY,
    CERTIFICATE,
    CHAIN,
    END,
    LEAF,
    REQUEST,
    SOURCE,
    TEXT,
    Form,
    Shelf,
    block,
    der,
    lines,
    pem,
)


def damaged() -> Iterator[Form]:
    shelf = Shelf()
    numbered = enumerate(TEXT.splitlines(), start=1)
    shelf.refuses("cat-n", "cat -n", "".join(f"{n:6}\t{x}\n" for n, x in numbered), "line-numbers")
    shelf.refuses(
        "grep-n", "grep -n", "".join(f"{n}:{x}\n" for n, x in enumerate(TEXT.splitlines(), 1)), "line-numbers"
    )
    shelf.refuses(
        "less-n", "less -N", "".join(f"{n:7} {x}\n" for n, x in enumerate(TEXT.splitlines(), 1)), "line-numbers"
    )
    shelf.refuses("end-missing", "the END line is missing", block(*BODY, end=""), "cut-short")
    shelf.refuses("cut-in-the-middle", "cut in the middle of a line", TEXT[:300], "cut-short")
    shelf.refuses("begin-missing", "the BEGIN line is missing", block(*BODY, begin=""), "not-pem")
    shelf.refuses("base64-only", "the body alone", "\n".join(BODY), "not-pem")
    shelf.refuses(
        "lower-case",
        "markers in small letters",
        TEXT.replace(BEGIN, BEGIN.lower()).replace(END, END.lower()),
        "not-pem",
    )
    shelf.refuses("end-lower-case", "the END line in small letters", TEXT.replace(END, END.lower()), "not-pem")
    german = TEXT.replace("BEGIN " + REQUEST, "ANFANG ZERTIFIKATSANFORDERUNG").replace(
        "END " + REQUEST, "ENDE ZERTIFIKATSANFORDERUNG"
    )
    shelf.refuses("translated", "markers translated", german, "not-pem")
    shelf.refuses("line-lost", "a body line lost", block(*BODY[:3], *BODY[4:]), "cut-short")
    shelf.refuses("line-doubled", "a body line doubled", block(*BODY[:3], BODY[2], *BODY[3:]), "trailing-data")
    changed = [line.replace("czEu", "czIu") for line in BODY]
    shelf.refuses("character-changed", "one character changed in each name", block(*changed), "bad-signature")
    changed = [BODY[0], BODY[1][:30] + "z" + BODY[1][31:], *BODY[2:]]
    shelf.refuses("character-changed-in-key", "one character changed in the key", block(*changed), "key-type")
    shelf.refuses("character-lost", "one character lost", block(BODY[0], BODY[1][1:], *BODY[2:]), "bad-base64")
    shelf.refuses("first-lost", "the first four characters lost", block(BODY[0][4:], *BODY[1:]), "not-der")
    shelf.refuses("pasted-twice-inside", "the body twice inside the markers", block(*BODY, *BODY), "bad-base64")
    shelf.refuses(
        "begin-inside", "begun again in the middle", block(*BODY[:4]).replace(END + "\n", "") + TEXT, "cut-short"
    )
    shelf.refuses(
        "end-differs", "END of another label", TEXT.replace(END, END.replace(REQUEST, CERTIFICATE)), "cut-short"
    )
    shelf.refuses(
        "end-older-label",
        "END with the older label",
        TEXT.replace(END, END.replace(REQUEST, "NEW " + REQUEST)),
        "cut-short",
    )
    shelf.refuses(
        "url-safe", "URL-safe alphabet", block(*(x.replace("+", "-").replace("/", "_") for x in BODY)), "bad-base64"
    )
    shelf.refuses(
        "cyrillic", "a Cyrillic look-alike", block(BODY[0].replace("A", "\u0410", 1), *BODY[1:]), "bad-base64"
    )
    shelf.refuses(
        "full-width", "a full-width letter", block(BODY[0].replace("A", "\uff21", 1), *BODY[1:]), "bad-base64"
    )
    shelf.refuses("padding-in-the-middle", '"=" in the middle', block(BODY[0][:-1] + "=", *BODY[1:]), "bad-base64")
    shelf.refuses("padding-too-much", '"=" too many', TEXT.replace("==", "==="), "bad-base64")
    shelf.refuses("last-bits-set", "bits that base64 drops are set", re.sub(r"(.)==", _next, TEXT), "bad-base64")
    shelf.refuses("header-comment", "Comment: inside", block("Comment: made by hand", "", *BODY), "headers")
    shelf.refuses("header-proc-type", "Proc-Type: inside", block("Proc-Type: 2,CLEAR", "", *BODY), "headers")
    shelf.refuses("trailing-bytes", "bytes after the DER", pem(REQUEST, der(TEXT) + b"\0\0\0"), "trailing-data")
    shelf.refuses("truncated-der", "DER cut, well armoured", pem(REQUEST, der(TEXT)[:-3]), "cut-short")
    shelf.refuses("not-der", "something else inside", pem(REQUEST, b"hello, this is no request at all"), "not-der")
    shelf.refuses("empty-block", "nothing between the markers", block(), "not-der")
    shelf.refuses(
        "no-request-inside", "a SEQUENCE that is no request", pem(REQUEST, bytes.fromhex("30020500")), "not-pkcs10"
    )
    return iter(shelf.forms)


def _next(match: re.Match[str]) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return alphabet[alphabet.index(match[1]) + 1] + "=="


def foreign() -> Iterator[Form]:
    shelf = Shelf()
    shelf.refuses("empty", "nothing", b"", "not-pem")
    shelf.refuses("blank", "white space", " \r\n\t\n", "not-pem")
    shelf.refuses("prose", "a sentence", "I will send it tomorrow.\n", "not-pem")
    shelf.refuses("nul-bytes", "a NUL in every line", lines(lambda x: x[:5] + "\0" + x[5:]), "control-characters")
    shelf.refuses("utf16-no-mark", "UTF-16 without its mark", TEXT.encode("utf-16-le"), "control-characters")
    shelf.refuses(
        "utf16-broken", "half a character at the end", b"\xff\xfe" + TEXT.encode("utf-16-le")[:-1], "not-text"
    )
    shelf.refuses("bell", "a bell inside", TEXT.replace("A", "A\x07", 1), "control-characters")
    shelf.refuses("backspace", "a backspace inside", TEXT.replace("MII", "MIX\x08I", 1), "control-characters")
    shelf.refuses("title-code", "a window title code", "\x1b]0;zs1\x07" + TEXT, "control-characters")
    shelf.refuses("c1-code", "an eight-bit control character", TEXT.replace("A", "A\u009b", 1), "control-characters")
    shelf.refuses("der-pasted", "DER bytes on paste", der(TEXT), "not-pem")
    shelf.refuses("certificate-for-request", "a certificate", LEAF, "wrong-block")
    shelf.refuses(
        "certificate-relabelled", "a certificate under the request's label", pem(REQUEST, der(LEAF)), "wrong-block"
    )
    shelf.refuses("pkcs7-for-request", "a chain in PKCS#7", pem("PKCS7", CHAIN), "wrong-block")
    shelf.refuses("crl", "a revocation list", (SOURCE / "root.crl").read_text(), "wrong-block")
    shelf.refuses(
        "pgp", "a PGP block", "-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n", "wrong-block"
    )
    return iter(shelf.forms)
