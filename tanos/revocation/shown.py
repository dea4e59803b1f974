"""How an entry of the register is shown."""

from tanos.message import N_
from tanos.report import Fact, Facts, Mark
from tanos.revocation.reasons import SAID
from tanos.revocation.register import REVOKED, STATES, VALID, Entry


def entry_facts(each: Entry) -> Facts:
    """Return one entry whole."""
    rows = [
        Fact(N_("serial"), each.serial),
        Fact(N_("subject"), each.subject),
        *((Fact(N_("names"), ", ".join(each.names)),) if each.names else ()),
        Fact(N_("for"), each.kind),
        Fact(N_("check code"), each.check_code),
        Fact(N_("valid"), N_("from {start} to {end}", start=each.not_before, end=each.not_after)),
        Fact(N_("issued"), each.issued_at),
        Fact(N_("signed by the root"), each.root),
        Fact(N_("state"), STATES[each.state], Mark.OK if each.state == VALID else None),
    ]
    if each.state == REVOKED:
        rows.append(Fact(N_("reason"), SAID[each.reason]))
        rows.append(Fact(N_("revoked"), N_("{time} by {user}", time=each.revoked_at, user=each.revoked_by)))
    return Facts(tuple(rows))
