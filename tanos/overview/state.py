"""Where an exchange stands: what is shown above Zone Server Configuration, beside its lines, and on the main menu."""

from datetime import datetime

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.dates import is_due
from tanos.disk import disk_findings
from tanos.errors import TanosError
from tanos.exchange import ledger
from tanos.exchange.arrivals import incoming_requests
from tanos.exchange.held_root import former_code, held_root
from tanos.exchange.installed import installed_certificate, installed_data
from tanos.exchange.ledger import Exchange, Side
from tanos.exchange.offers import EITHER
from tanos.exchange.progress import progress
from tanos.message import N_, Message
from tanos.peers import find_peer
from tanos.platform import Role
from tanos.registration.trusted import register_lines
from tanos.renewal.due import due_lines
from tanos.report import Fact, Facts, Mark, Say, Section
from tanos.revocation.stale import stale_lines
from tanos.revocation.standing import is_listed, own_lines
from tanos.roots.glance import former_root_lines
from tanos.services.down import down_lines
from tanos.services.hub_ways import way_lines
from tanos.services.last_served import gone_back_lines
from tanos.subordinate.glance import waiting_key_lines
from tanos.synchronising.glance import partner_lines
from tanos.trust.glance import approval_lines

MOST_SHOWN = 5


def state(appliance: Appliance) -> tuple[Section, ...]:
    """Return the state block of Zone Server Configuration."""
    present = [exchange for exchange in ledger.exchanges(appliance) if exchange.side is _side(appliance)]
    shown = [exchange for exchange in present if exchange.is_open][:MOST_SHOWN] or present[:1]
    rows = [fact for exchange in shown for fact in _exchange_facts(appliance, exchange)]
    if not rows:
        rows = [Fact(N_("exchange"), N_("none yet"))]
    return (Facts((*rows, *_incoming(appliance), *_root(appliance), *_serving(appliance))),)


def main_menu_state(appliance: Appliance) -> tuple[Section, ...]:
    """Return the lines above the main menu: what is the matter, what waits for someone; often nothing."""
    disk = tuple(
        Say(words, mark)
        for finding in disk_findings(appliance.home)
        for words, mark in ((finding.message, Mark.FAIL), (finding.remedy, None))
    )
    due = (
        *down_lines(appliance),
        *gone_back_lines(appliance),
        *due_lines(appliance),
        *register_lines(appliance),
        *way_lines(appliance),
        *partner_lines(appliance),
        *former_root_lines(appliance),
        *stale_lines(appliance),
        *own_lines(appliance),
        *approval_lines(appliance),
        *waiting_key_lines(appliance),
    )
    if not EITHER.holds_for(appliance.identity):
        return (*disk, *due)
    return (*disk, *due, *(Say(message, mark) for message, mark in _waiting_lines(appliance)))


def _side(appliance: Appliance) -> Side:
    return Side.ISSUER if appliance.identity.role is Role.TANIUM_SERVER else Side.REQUESTER


def _exchange_facts(appliance: Appliance, exchange: Exchange) -> tuple[Fact, ...]:
    steps = progress(exchange, ledger.steps(appliance, exchange), appliance.clock())
    mark = Mark.WAIT if exchange.is_open and exchange.state != "issued" else Mark.OK
    return (
        Fact(N_("exchange"), steps, mark),
        *_with(appliance, exchange),
        Fact(N_("check code"), exchange.check_code),
    )


def _with(appliance: Appliance, exchange: Exchange) -> tuple[Fact, ...]:
    if exchange.side is Side.ISSUER:
        return (Fact(N_("for"), exchange.subject),)
    if not exchange.peer:
        return ()
    peer = find_peer(appliance, exchange.peer)
    if peer is None:
        return (Fact(N_("with"), exchange.peer),)
    words = N_(
        "{name}  ({address}, host key {key})", name=peer.name, address=peer.address, key=peer.host_key_fingerprint
    )
    return (Fact(N_("with"), words),)


def _incoming(appliance: Appliance) -> tuple[Fact, ...]:
    count = unanswered(appliance)
    if not count:
        return ()
    return (Fact(N_("waiting"), N_("{count} in /incoming", count=count), Mark.DUE),)


def unanswered(appliance: Appliance) -> int:
    """Return how many requests wait in `/incoming` to be answered by this appliance."""
    if _side(appliance) is not Side.ISSUER:
        return 0
    return sum(request.waits for request in incoming_requests(appliance))


def _root(appliance: Appliance) -> tuple[Fact, ...]:
    try:
        if _side(appliance) is Side.ISSUER:
            return ()
        if held_root(appliance):
            return _former(appliance)
    except TanosError as error:
        return (Fact(N_("root"), error.message, Mark.FAIL),)
    return (
        Fact(N_("root"), N_("not here yet: import it ({import_root:key})", import_root=deeds.IMPORT_ROOT), Mark.DUE),
    )


def _former(appliance: Appliance) -> tuple[Fact, ...]:
    code = former_code(appliance)
    if not code:
        return ()
    words = N_("the former root ({code}) is trusted beside it until this server's pair is replaced", code=code)
    return (Fact(N_("root"), words, Mark.DUE),)


def _serving(appliance: Appliance) -> tuple[Fact, ...]:
    try:
        data, certificate = installed_data(appliance), installed_certificate(appliance)
    except TanosError as error:
        return (Fact(N_("serving"), error.message, Mark.FAIL),)
    if data is None or certificate is None:
        return (Fact(N_("serving"), N_("no reporting.crt yet")),)
    version, end, code = data["version"], data["not_after"][:10], data["check_code"]
    words = N_("reporting.crt v{version}, until {end}, check code {code}", version=version, end=end, code=code)
    put_back = _is_put_back(appliance, code)
    if put_back:
        words = N_("{serving}; an earlier version put back", serving=words)
    if is_listed(appliance, certificate):
        return (Fact(N_("serving"), N_("{serving}; revoked", serving=words), Mark.FAIL),)
    return (Fact(N_("serving"), words, Mark.WARN if put_back or is_due(certificate, appliance.clock()) else Mark.OK),)


def _is_put_back(appliance: Appliance, serving: str) -> bool:
    """Whether another pair serves than the one that was installed last."""
    installed = (
        one for one in ledger.exchanges(appliance) if one.side is Side.REQUESTER and one.state == "installed"
    )
    latest = next(installed, None)
    return latest is not None and latest.check_code != serving


def _waiting_lines(appliance: Appliance) -> list[tuple[Message, Mark]]:
    if _side(appliance) is Side.ISSUER:
        count = unanswered(appliance)
        line = N_(
            "certificate requests in /incoming: {count} ({import_request:key})",
            count=count,
            import_request=deeds.IMPORT_REQUEST,
        )
        return [(line, Mark.DUE)] if count else []
    return [
        (_waits(exchange, appliance.clock()), Mark.WAIT) for exchange in ledger.open_requests(appliance)[:MOST_SHOWN]
    ]


def _waits(exchange: Exchange, now: datetime) -> Message:
    since = (now - datetime.fromisoformat(exchange.since)).total_seconds()
    peer = exchange.peer or exchange.subject
    return N_(
        "certificate exchange with {peer}: {time} without an answer ({import_certificate:key})",
        peer=peer,
        time=_time(int(since // 60)),
        import_certificate=deeds.IMPORT_CERTIFICATE,
    )


def _time(minutes: int) -> Message:
    hours, days = minutes // 60, minutes // 1440
    if days > 1:
        return N_("{count} day", "{count} days", count=days)
    if hours > 1:
        return N_("{hours} h", hours=hours)
    return N_("{minutes} min", minutes=minutes)
