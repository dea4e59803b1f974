"""What is revoked, as a service's process knows it: a list that came over a line, and who shows what is on it.

Invariants: a list counts where a root that is trusted signed it, and never one of a lower number, whoever brings it;
the last one of each root counts for as long as no other comes, however old it is.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator

from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.certificates.list_names import file_name
from tanos.certificates.list_reading import LARGEST, SignedList, read_list
from tanos.errors import AnswerRefused
from tanos.services.frames import BadFrame, Frame

REVOKED = "certificate-revoked"
"""How who shows a revoked certificate is refused."""
WHAT = "revocations"
_PART = 96 * 1024
_MOST_PARTS = LARGEST // _PART + 1


def parts_of(der: bytes) -> Iterator[Frame]:
    """Yield a list in frames of bounded length."""
    count = -(-len(der) // _PART)
    for number in range(count):
        data = der[number * _PART : (number + 1) * _PART]
        yield {"part": number, "of": count, "data": b64encode(data).decode()}


class Gathering:
    """The parts of one list, as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def take(self, frame: object) -> bytes | None:
        """Take the next part; return the list once it is whole. Raises BadFrame."""
        if not isinstance(frame, dict):
            raise BadFrame("no part")
        number, count, data = frame.get("part"), frame.get("of"), frame.get("data")
        if type(number) is not int or type(count) is not int or not isinstance(data, str):
            raise BadFrame("no part")
        if number == 0:
            self._parts = []
        if number != len(self._parts) or not number < count <= _MOST_PARTS or len(data) > 2 * _PART:
            raise BadFrame("another part")
        try:
            self._parts.append(b64decode(data, validate=True))
        except ValueError as error:
            raise BadFrame("no part") from error
        if len(self._parts) < count:
            return None
        whole, self._parts = b"".join(self._parts), []
        return whole


class Revocations:
    """Of the roots that a service goes by."""

    def __init__(self, roots_pem: str) -> None:
        self._roots: dict[str, x509.Certificate] = {}
        """By check code; tanium.pub is the first."""
        self._lists: dict[str, tuple[bytes, SignedList]] = {}
        self._gathering = Gathering()
        self.trust(roots_pem)

    @property
    def files(self) -> dict[str, bytes]:
        """The lists by the names under which they are handed out; of roots that share one, that of the first."""
        found: dict[str, bytes] = {}
        for code, root in self._roots.items():
            if code in self._lists:
                found.setdefault(file_name(root), self._lists[code][0])
        return found

    @property
    def all(self) -> tuple[bytes, ...]:
        """Every list that counts."""
        return tuple(der for der, _ in self._lists.values())

    def trust(self, roots_pem: str) -> None:
        """Go by these roots; what any other signed counts no longer."""
        roots = x509.load_pem_x509_certificates(roots_pem.encode()) if roots_pem else []
        self._roots = {check_code(root.public_key()): root for root in roots}
        self._lists = {code: kept for code, kept in self._lists.items() if code in self._roots}

    def take(self, der: bytes) -> bool:
        """Go by a list, and say whether it is newer. Raises AnswerRefused `bad-list`."""
        refused: AnswerRefused | None = None
        for code, root in self._roots.items():
            try:
                said = read_list(der, root)
            except AnswerRefused as error:
                refused = error
                continue
            if code in self._lists and said.number <= self._lists[code][1].number:
                return False
            self._lists[code] = der, said
            return True
        if refused is not None:
            raise refused
        return False

    def take_part(self, frame: object) -> bool:
        """Take a part of one; say whether a newer one is whole with it. Raises BadFrame, AnswerRefused."""
        whole = self._gathering.take(frame)
        return whole is not None and self.take(whole)

    def include(self, certificate: bytes | None) -> bool:
        """Say whether a certificate that somebody showed, DER and verified, is revoked."""
        told = [(self._roots[code].subject, said.serials) for code, (_, said) in self._lists.items() if said.serials]
        if certificate is None or not told:
            return False
        shown = x509.load_der_x509_certificate(certificate)
        return any(shown.serial_number in serials and shown.issuer == name for name, serials in told)
