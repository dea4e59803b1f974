"""A private key is named in whatever wrapping it comes, and nothing that is none is called one."""

import base64
import json
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tanos.errors import AnswerRefused
from tanos.keys.public_key import read_pasted_key
from tanos.pasting.awaited import Awaited
from tanos.pasting.exposed import bare_private_key, labelled_private_key
from tanos.pasting.intake import read_file, read_pasted
from tests.data.pastes.parts import LEAF, ROOT, SOURCE, TEXT, der

KINDS = ["rsa", "sec1", "pkcs8", "pkcs8-encrypted", "openssh"]
KEYS = [(SOURCE / f"exposed.{kind}").read_text() for kind in KINDS]


def body(pem: str, width: int = 10) -> str:
    return "\n".join(textwrap.wrap("".join(pem.splitlines()[1:-1]), width))


def hexdump(data: bytes) -> str:
    rows = [data[at : at + 16] for at in range(0, len(data), 16)]
    return "".join(f"{number * 16:08x}  {row.hex(' ')}  |{'.' * len(row)}|\n" for number, row in enumerate(rows))


def web_key(pem: str) -> str:
    key = load_pem_private_key((SOURCE / "exposed.sec1").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    secret = key.private_numbers().private_value.to_bytes(48, "big")
    return json.dumps({"kty": "EC", "crv": "P-256", "d": base64.urlsafe_b64encode(secret).decode().rstrip("=")})


def within_header(pem: str) -> str:
    return TEXT.replace("-----\n", f"-----\nComment: {body(pem, 4000)}\n\n", 1)


WRAPPINGS: dict[str, Callable[[str], str]] = {
    "base64": lambda pem: base64.b64encode(pem.encode()).decode(),
    "base64 of lines": lambda pem: base64.encodebytes(pem.encode()).decode(),
    "base64 after words": lambda pem: "the key is: " + base64.encodebytes(b"\n" + pem.encode()).decode(),
    "percent": quote,
    "percent in forms": quote_plus,
    "percent everywhere": lambda pem: "".join(f"%{byte:02X}" for byte in pem.encode()),
    "hexadecimal": lambda pem: der(pem).hex(),
    "hexadecimal with colons": lambda pem: "\n".join(textwrap.wrap(der(pem).hex(":"), 45)),
    "hexadecimal in C": lambda pem: ", ".join(f"0x{byte:02X}" for byte in der(pem)),
    "hexadecimal dump": lambda pem: hexdump(der(pem)),
    "hexadecimal of the text": lambda pem: pem.encode().hex(),
    "narrow lines": body,
    "narrow lines after words": lambda pem: "My key:\n" + body(pem, 3),
    "narrow quoted lines": lambda pem: textwrap.indent(body(pem), "> "),
    "header of a request": within_header,
    "terminal codes": lambda pem: pem.replace("PRIVATE", "PRI\x1b[0mVATE").replace("BEGIN", "BE\x1b[1;31mGIN"),
    "JSON": web_key,
}


@pytest.mark.parametrize("pem", KEYS, ids=KINDS)
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_wrapped_private_key_is_called_one_by_every_reader(wrapping: str, pem: str) -> None:
    raw = WRAPPINGS[wrapping](pem).encode()
    for read in (read_pasted, read_file):
        with pytest.raises(AnswerRefused) as caught:
            read(raw, Awaited.REQUEST)
        assert caught.value.id == "private-key"


@pytest.mark.parametrize("wrapping", [name for name in WRAPPINGS if "quoted" not in name])
def test_it_is_called_one_where_a_public_key_is_awaited(wrapping: str) -> None:
    with pytest.raises(AnswerRefused) as caught:
        read_pasted_key(WRAPPINGS[wrapping](KEYS[1]).encode())
    assert caught.value.id == "private-key"


@pytest.mark.parametrize("pem", [TEXT, LEAF, ROOT])
@pytest.mark.parametrize("wrapping", [name for name in WRAPPINGS if name not in {"JSON", "header of a request"}])
def test_what_is_no_private_key_is_not_called_one(wrapping: str, pem: str) -> None:
    text = WRAPPINGS[wrapping](pem)
    assert not labelled_private_key(text.encode())
    assert not bare_private_key(text)
