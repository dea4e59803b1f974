"""The revocation lists of the other server's roots: told part by part, kept here, and gone by where it connects.

Invariants: a list counts where a root that is trusted now signed it, and never one of a lower number; the lists of
this server's own roots are kept elsewhere, and nothing that another server says touches them.
"""

from collections.abc import Iterable, Mapping
from itertools import islice

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.list_reading import read_list
from tanos.revocation.kept import kept_lists
from tanos.services.frames import BadFrame, Frame
from tanos.services.revocations import Gathering, parts_of

Roots = Iterable[x509.Certificate]


class ListGathering:
    """The parts of lists that one server tells, as they come."""

    def __init__(self) -> None:
        self._parts, self._wanted = Gathering(), list[int | str]()

    @property
    def wanted(self) -> list[int | str]:
        """Of which root, which list and which part comes next; empty: any, from its beginning."""
        return self._wanted

    def take(self, told: Frame) -> tuple[str, bytes] | None:
        """Take a part; return the root's check code and the list once it is whole. Raises BadFrame."""
        code, number, part = told.get("code"), told.get("number"), told.get("part")
        if not isinstance(code, str) or len(code) > 64 or type(number) is not int or type(part) is not int:
            raise BadFrame("no part")
        self._wanted = []
        whole = self._parts.take(told)
        if whole is not None:
            return code, whole
        self._wanted = [code, number, part + 1]
        return None


def held_numbers(appliance: Appliance, roots: Roots) -> dict[str, int]:
    """Return by check code of each of these roots which list of it is held; 0: none."""
    rows = appliance.store.rows("SELECT issuer_key, number FROM revocation_lists_elsewhere")
    held = {row["issuer_key"]: int(row["number"]) for row in rows}
    return {code: held.get(code, 0) for code in (check_code(root.public_key()) for root in roots)}


def next_part(appliance: Appliance, held: Mapping[str, object], wanted: object) -> Frame | None:
    """Return the next part of a list of ours that the other has no such new one of; None where it has all."""
    for kept in kept_lists(appliance):
        number = held.get(kept.issuer_key)
        if type(number) is not int or number >= kept.number:
            continue
        match wanted:
            case [kept.issuer_key, kept.number, int(first)] if 0 <= first < len(kept.der):
                part = next(islice(parts_of(kept.der), first, None), None)
            case _:
                part = None
        part = part or next(parts_of(kept.der))
        return {**part, "code": kept.issuer_key, "number": kept.number}
    return None


def take_list(call: Call, roots: Roots, code: str, der: bytes) -> bool:
    """Keep a list of one of these roots; say whether it is newer. Raises AnswerRefused `bad-list`."""
    for root in roots:
        if check_code(root.public_key()) == code:
            return _take(call, root, code, der)
    return False


def is_revoked(appliance: Appliance, root: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Say whether the list of that root, as held here, says that a certificate of it is revoked."""
    row = appliance.store.row(
        "SELECT der FROM revocation_lists_elsewhere WHERE issuer_key = ?", check_code(root.public_key())
    )
    return row is not None and certificate.serial_number in read_list(row["der"], root).serials


def _take(call: Call, root: x509.Certificate, code: str, der: bytes) -> bool:
    number = read_list(der, root).number
    with call.appliance.store.change(call, about=root.subject.rfc4514_string()) as change:
        sql = "SELECT number FROM revocation_lists_elsewhere WHERE issuer_key = ?"
        before = change.execute(sql, code).fetchone()
        if before is not None and before["number"] >= number:
            change.quiet = True
            return False
        change.before, change.after = f"list {before['number']}" if before else "", f"list {number}"
        change.execute("INSERT OR REPLACE INTO revocation_lists_elsewhere VALUES (?, ?, ?)", code, number, der)
    return True
