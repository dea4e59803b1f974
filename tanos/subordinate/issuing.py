"""What a root of 7.4 signs for servers: their TLS keys, each for the time that is set.

Invariants: a serial is durable before anything is signed with it, as with every other; a request whose answer was
lost has the same certificate again, for as long as that is not to be renewed.
"""

from datetime import datetime, timedelta

from cryptography import x509

from tanos import subordinate_keys as kinds
from tanos.actor import Call
from tanos.certificates.check_code import check_code
from tanos.certificates.issue import Draft, draft_certificate
from tanos.certificates.issued import begin_issue, find_issued, keep_certificate, serial_text, take_serial
from tanos.certificates.list_names import root_name
from tanos.certificates.pair_kinds import SERVER_TLS
from tanos.certificates.request import Request, pem_of
from tanos.keeper import keeper_of
from tanos.subordinate.letters import told_settings


def issue(call: Call, root: x509.Certificate, request: Request, line: str = "") -> str:
    """Return the certificate, PEM, of a server's key below `root`.

    `line`: the serial with which the line began of what was shown for it; empty: it begins one.

    Raises NotYet `step-missing`, `stale`, Damaged `root-damaged`, `pki-damaged`.
    """
    appliance, now = call.appliance, call.appliance.clock()
    held = kinds.lifetime(kinds.SERVER_TLS, told_settings(appliance))
    issuer = check_code(root.public_key())
    draft = draft_certificate(request, root, now=now, life=timedelta(days=held.days))
    with appliance.store.change(call, about=SERVER_TLS.certificate) as change:
        earlier = find_issued(appliance, issuer, draft, request.check_code)
        if earlier and earlier.certificate and not held.is_due(datetime.fromisoformat(earlier.not_after), now):
            change.quiet = True
            return earlier.certificate
        if earlier is None or earlier.certificate:
            take_serial(change, issuer, request, draft)
            sql = "UPDATE issued SET kind = ?, proved_by = ? WHERE serial = ?"
            change.execute(sql, SERVER_TLS.name, line, serial_text(draft.serial))
        else:
            draft = _again(draft, root, now, int(earlier.serial, 16))
            begin_issue(change, request.check_code, earlier.serial)
    pem = pem_of(keeper_of(appliance).sign_certificate(draft.tbs, root_name(root)), "CERTIFICATE")
    with appliance.store.change(call, about=SERVER_TLS.certificate) as change:
        return keep_certificate(change, draft, pem).certificate


def _again(draft: Draft, root: x509.Certificate, now: datetime, serial: int) -> Draft:
    """Return the draft for a serial whose signature a crash prevented."""
    life = draft.not_after - now
    return draft_certificate(draft.request, root, now=now, life=life, serial=serial)
