"""Forms of other kinds: private keys, certificates and chains, files."""

from collections.abc import Iterator

from tests.data.pastes.parts import (
    AROUND,
    CERTIFICATE,
    CHAIN,
    ENCRYPTED,
    LEAF,
    LIMIT,
    P12,
    REQUEST,
    ROOT,
    SOURCE,
    TEXT,
    Form,
    Shelf,
    der,
    lines,
    pem,
)


def private_keys() -> Iterator[Form]:
    shelf = Shelf()
    name = "private-key"
    sec1 = (SOURCE / "exposed.sec1").read_text()
    pkcs8 = (SOURCE / "exposed.pkcs8").read_text()
    for kind in ("pkcs8", "sec1", "rsa", "pkcs8-encrypted", "sec1-encrypted", "openssh", "ppk"):
        shelf.refuses(f"key-{kind}", f"a private key, {kind}", (SOURCE / f"exposed.{kind}").read_bytes(), name)
    shelf.refuses("key-then-request", "key and request together", sec1 + TEXT, name)
    shelf.refuses("request-then-key", "request and key together", TEXT + pkcs8, name)
    shelf.refuses("key-relabelled", "a key under the request's label", pem(REQUEST, der(pkcs8)), name)
    shelf.refuses("key-relabelled-encrypted", "an encrypted key under that label", pem(REQUEST, der(ENCRYPTED)), name)
    shelf.refuses("key-bare", "the body of a key alone", "\n".join(pkcs8.splitlines()[1:-1]), name)
    shelf.refuses(
        "key-bare-after-request", "a request, then the body of a key", TEXT + "\n".join(sec1.splitlines()[1:-1]), name
    )
    shelf.refuses("key-cut", "the beginning of a key", pkcs8[:90], name)
    shelf.refuses("key-tail", "the end of a key", sec1[-60:], name)
    shelf.refuses(
        "key-lower-case", "a key with small markers", pkcs8.replace("BEGIN PRIVATE KEY", "begin private key"), name
    )
    shelf.refuses("key-translated", "a key with translated markers", pkcs8.replace("PRIVATE KEY", "SCHLÜSSEL"), name)
    shelf.refuses("key-quoted", "a key quoted in a mail", lines(lambda x: "> " + x, sec1), name)
    shelf.refuses("key-pretty-dashes", "a key with pretty dashes", sec1.replace("-----", "——-"), name)
    shelf.refuses("key-utf16", "a key in UTF-16", b"\xff\xfe" + pkcs8.encode("utf-16-le"), name)
    shelf.refuses("key-utf16-no-mark", "the same without its mark", pkcs8.encode("utf-16-le"), name)
    shelf.refuses("key-invisible", "a key with invisible characters", sec1.replace(" ", " \u200b"), name)
    hidden = sec1[-60:].replace(" ", " \u200b")
    shelf.refuses("key-tail-invisible", "the end of a key with invisible characters", hidden, name)
    shelf.refuses("key-one-line", "a key on one line", " ".join(pkcs8.splitlines()), name)
    shelf.refuses("key-written-n", r"a key with \n", pkcs8.replace("\n", r"\n"), name)
    shelf.refuses("key-too-large", "a key in more than 64 kB", pkcs8 + "A" * LIMIT, name)
    shelf.refuses("key-with-bell", "a key with a control character", pkcs8.replace("-\nM", "-\n\x07M"), name)
    return iter(shelf.forms)


def certificates() -> Iterator[Form]:
    shelf = Shelf("certificate", gives=("leaf.crt",))
    both = ("leaf.crt", "root.crt")
    bag = "Bag Attributes\n    friendlyName: zs1\nsubject=CN = zs1.lab.test\n"
    shelf.takes("certificate", "one certificate", LEAF)
    shelf.takes("certificate-quoted", "quoted in a mail", lines(lambda x: "> " + x, LEAF), 'removed ">"')
    shelf.takes("chain-leaf-first", "leaf, then root", LEAF + ROOT, gives=both)
    shelf.takes("chain-root-first", "root, then leaf", ROOT + LEAF, gives=both[::-1])
    shelf.takes("chain-crlf", "with blank lines and CRLF", (LEAF + "\n" + ROOT).replace("\n", "\r\n"), gives=both)
    shelf.takes("chain-glued", "END and BEGIN on one line", LEAF.rstrip() + ROOT, gives=both)
    shelf.takes("chain-bag", "with the words openssl writes around", bag + LEAF + bag + ROOT, AROUND, gives=both)
    shelf.takes("chain-doubled", "the root twice", LEAF + ROOT + ROOT, "took once", gives=both)
    shelf.takes("pkcs7-pem", "PKCS#7 in PEM", pem("PKCS7", CHAIN), "unpacked", gives=both)
    shelf.takes("pkcs7-as-certificate", "PKCS#7 as CERTIFICATE", pem(CERTIFICATE, CHAIN), "unpacked", gives=both)
    shelf.takes(
        "pkcs7-and-leaf", "PKCS#7 and the leaf", pem("PKCS7", CHAIN) + LEAF, "unpacked", "took once", gives=both
    )
    shelf.takes("older-label", "X509 CERTIFICATE", LEAF.replace("CERTIFICATE", "X509 CERTIFICATE"))
    shelf.refuses("certificate-and-public-key", "a certificate and a public key", LEAF + PUBLIC, "wrong-block")
    shelf.refuses("request-for-certificate", "a request", TEXT, "wrong-block")
    shelf.refuses(
        "request-relabelled", "a request under the certificate's label", pem(CERTIFICATE, der(TEXT)), "wrong-block"
    )
    shelf.refuses(
        "certificate-and-crl", "a certificate and a CRL", LEAF + (SOURCE / "root.crl").read_text(), "wrong-block"
    )
    shelf.refuses(
        "trusted-certificate",
        "openssl's TRUSTED form",
        pem("TRUSTED CERTIFICATE", der(LEAF) + b"\x30\0"),
        "wrong-block",
    )
    shelf.refuses("certificate-trailing", "bytes after the DER", pem(CERTIFICATE, der(LEAF) + b"\0"), "trailing-data")
    shelf.refuses(
        "certificate-other", "something else inside", pem(CERTIFICATE, bytes.fromhex("3003020105")), "not-certificate"
    )
    shelf.refuses("pkcs7-broken", "a PKCS#7 that holds nothing", pem("PKCS7", EMPTY_PKCS7), "not-certificate")
    shelf.refuses(
        "certificate-and-key", "certificate and key", LEAF + (SOURCE / "exposed.rsa").read_text(), "private-key"
    )
    shelf.refuses("pkcs12-armoured", "PKCS#12 as CERTIFICATE", pem(CERTIFICATE, P12), "private-key")
    shelf.refuses("chain-cut", "the second block is cut", LEAF + ROOT[:200], "cut-short")
    shelf.refuses("chain-begin-lost", "the second BEGIN line is lost", LEAF + ROOT.split("\n", 1)[1], "not-pem")
    return iter(shelf.forms)


PUBLIC = pem("PUBLIC KEY", bytes.fromhex("30020500"))
EMPTY_PKCS7 = bytes.fromhex("300b06092a864886f70d010702")


def files() -> Iterator[Form]:
    shelf = Shelf(by="file")
    shelf.takes("file-der", "DER", der(TEXT))
    shelf.takes("file-pem-crlf", "PEM with CRLF", TEXT.replace("\n", "\r\n"))
    shelf.takes("file-utf16", "PEM in UTF-16", b"\xff\xfe" + TEXT.encode("utf-16-le"), "read it as UTF-16")
    shelf.refuses("file-der-trailing", "DER and a line end", der(TEXT) + b"\n", "trailing-data")
    shelf.refuses("file-der-cut", "DER cut", der(TEXT)[:-1], "cut-short")
    shelf.refuses("file-der-certificate", "a certificate in DER", der(LEAF), "wrong-block")
    shelf.refuses("file-der-key", "a private key in DER", der((SOURCE / "exposed.rsa").read_text()), "private-key")
    shelf.refuses("file-der-sec1", "an EC key in DER", der((SOURCE / "exposed.sec1").read_text()), "private-key")
    shelf.refuses("file-der-encrypted", "an encrypted key in DER", der(ENCRYPTED), "private-key")
    shelf.refuses("file-p12", "PKCS#12", P12, "private-key")
    yield from shelf.forms
    shelf = Shelf("certificate", "file", ("leaf.crt",))
    shelf.takes("file-certificate-der", "a certificate in DER", der(LEAF))
    shelf.takes("file-chain-pem", "a chain in PEM, root first", ROOT + LEAF, gives=("root.crt", "leaf.crt"))
    shelf.takes("file-p7b", "PKCS#7 in DER", CHAIN, "unpacked", gives=("leaf.crt", "root.crt"))
    shelf.refuses("file-p7b-trailing", "PKCS#7 and a byte", CHAIN + b"\0", "trailing-data")
    shelf.refuses("file-request-der", "a request in DER", der(TEXT), "wrong-block")
    yield from shelf.forms
