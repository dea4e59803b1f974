"""The fixed sources of the paste corpus, and the small tools that mangle them."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE / "source"
LIMIT = 64 * 1024

REQUEST, CERTIFICATE = "CERTIFICATE REQUEST", "CERTIFICATE"
TEXT = (SOURCE / "request.csr").read_text()
OTHER = (SOURCE / "other.csr").read_text()
LEAF = (SOURCE / "leaf.crt").read_text()
ROOT = (SOURCE / "root.crt").read_text()
CHAIN = (SOURCE / "chain.p7b").read_bytes()
BEGIN, *BODY, END = TEXT.splitlines()
AROUND = "left out lines of other text"
ENCRYPTED = (SOURCE / "exposed.pkcs8-encrypted").read_text()
P12 = (SOURCE / "exposed.p12").read_bytes()


@dataclass(frozen=True)
class Form:
    """One paste or file and what must become of it."""

    name: str
    about: str
    data: bytes
    awaited: str = "request"
    by: str = "paste"
    gives: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    refused: str = ""


@dataclass
class Shelf:
    """Collects forms of one kind."""

    awaited: str = "request"
    by: str = "paste"
    gives: tuple[str, ...] = ("request.csr",)
    forms: list[Form] = field(default_factory=list)

    def takes(self, name: str, about: str, data: str | bytes, *repairs: str, gives: tuple[str, ...] = ()) -> None:
        self.forms.append(Form(name, about, raw(data), self.awaited, self.by, gives or self.gives, repairs))

    def refuses(self, name: str, about: str, data: str | bytes, refused: str) -> None:
        self.forms.append(Form(name, about, raw(data), self.awaited, self.by, refused=refused))


def raw(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def lines(change: Callable[[str], str], text: str = TEXT) -> str:
    return "".join(change(line) + "\n" for line in text.splitlines())


def der(text: str) -> bytes:
    return base64.b64decode("".join(text.split("-----")[2].split()))


def pem(label: str, data: bytes | str, width: int = 64) -> str:
    text = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    rows = [text[at : at + width] for at in range(0, len(text), width)]
    return "\n".join([f"-----BEGIN {label}-----", *rows, f"-----END {label}-----", ""])


def block(*body: str, begin: str = BEGIN, end: str = END) -> str:
    return "\n".join([begin, *body, end, ""])
