"""The root certificate that this appliance trusts: `HOME/root/tanium.pub`."""

from cryptography import x509

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.exchange.file_names import ROOT
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.roots.trusted import former_root
from tanos.store.begun import Step
from tanos.store.store import Change


def held_root(appliance: Appliance) -> x509.Certificate | None:
    """Return the root held here, or None. Raises Damaged `damaged-root` where the file cannot be read as one."""
    try:
        pem = keeper_of(appliance).root_certificate()
        return x509.load_pem_x509_certificate(pem) if pem is not None else None
    except (ValueError, AnswerRefused) as error:
        raise Damaged(
            "damaged-root",
            N_("The root certificate held here (tanium.pub) cannot be read."),
            N_(
                "On a Zone Server import it again ({import_root:key}); on a Tanium Server restore it from a backup.",
                import_root=deeds.IMPORT_ROOT,
            ),
        ) from error


def needed_root(appliance: Appliance) -> x509.Certificate:
    """Return the root held here; raise NotYet `step-missing` where there is none."""
    root = held_root(appliance)
    if root is None:
        raise NotYet(
            "step-missing",
            N_("This appliance holds no root certificate."),
            N_(
                "A Tanium Server makes one when it is set up; a Zone Server imports it ({import_root:key}).",
                import_root=deeds.IMPORT_ROOT,
            ),
        )
    return root


def root_code(root: x509.Certificate) -> str:
    """Return the check code of the root's key."""
    return check_code(root.public_key())


def former_code(appliance: Appliance) -> str:
    """Return the check code of the root that is trusted beside it for now; empty where none is."""
    pem = former_root(appliance)
    return root_code(x509.load_pem_x509_certificate(pem)) if pem else ""


def recorded_root(appliance: Appliance) -> str:
    """Return the check code of the root that was imported here; empty where none was."""
    row = appliance.store.row("SELECT check_code FROM trusted_root")
    return row["check_code"] if row else ""


def _lies_there(appliance: Appliance, place: str, mark: str) -> bool:
    try:
        root = held_root(appliance)
    except Damaged:
        return False
    return root is not None and fingerprint(root) == mark and place == ROOT


def _record_root(change: Change, appliance: Appliance, mark: str) -> None:
    root = held_root(appliance)
    assert root
    assert fingerprint(root) == mark
    change.execute(
        "INSERT OR REPLACE INTO trusted_root (only_one, check_code, subject, imported_at) VALUES (1, ?, ?, ?)",
        root_code(root),
        root.subject.rfc4514_string(),
        change.now,
    )


TRUSTING = Step("trust-root", _lies_there, _record_root)
"""A root is trusted: its place is the file's name, its mark the certificate's fingerprint."""
