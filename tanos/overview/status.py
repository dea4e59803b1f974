"""`zone-server status` and `status`: where everything stands, for people and for programs."""

from typing import Any

from cryptography import x509

from tanos import __version__
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.confinement.told import means
from tanos.disk import disk_findings
from tanos.errors import Damaged, TanosError
from tanos.exchange import ledger
from tanos.exchange.held_root import former_code, held_root, root_code
from tanos.exchange.hub_tls import awaited_handshakes
from tanos.exchange.installed import installed_data
from tanos.exchange.offers import EITHER
from tanos.exchange.restore import restorable
from tanos.finding import Finding, Severity
from tanos.keys.host_keys import host_fingerprints
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.overview.state import state, unanswered
from tanos.registration.trusted import must_register
from tanos.renewal.due import warnings
from tanos.renewal.held import survey, with_relying
from tanos.renewal.page import certificates_data
from tanos.report import Fact, Facts, Table
from tanos.revocation.stale import stale_findings
from tanos.revocation.standing import own_findings
from tanos.roots.glance import roots_told
from tanos.services.down import down_findings
from tanos.services.hub_ways import way_findings
from tanos.services.last_served import gone_back_findings
from tanos.subordinate.glance import waiting_keys
from tanos.synchronising.glance import partner_facts, partner_findings
from tanos.trust.glance import approval_findings


async def _zone_server_status(call: Call) -> Result:
    data, findings = _exchange_data(call.appliance)
    return Result(N_("Where the certificate exchange stands"), state(call.appliance), findings, data)


async def _status(call: Call) -> Result:
    identity = call.appliance.identity
    data, findings = _exchange_data(call.appliance)
    host_keys, confining = host_fingerprints(call.appliance), means()
    if confining.trouble is not None:
        findings = (_warning(confining.trouble), *findings)
    facts = Facts(
        (
            Fact(N_("name"), identity.name),
            Fact(N_("FQDN"), identity.fqdn),
            Fact(N_("role"), identity.title),
            Fact(N_("release"), identity.release.name),
            Fact(N_("console version"), __version__),
            *(Fact(N_("host key"), f"{key} ({kind})") for kind, key in host_keys.items()),
            *partner_facts(call.appliance),
            Fact(N_("confinement"), confining.sentence),
        )
    )
    who = {
        "name": identity.name,
        "fqdn": identity.fqdn,
        "role": identity.role.value,
        "add_ons": sorted(add_on.value for add_on in identity.add_ons),
        "release": identity.release.name,
        "version": __version__,
        "confinement": confining.data,
        "host_keys": [{"type": kind, "fingerprint": key} for kind, key in host_keys.items()],
    }
    table = Table(
        (N_("exchange"), N_("peer"), N_("state"), N_("since"), N_("check code")),
        tuple(
            (exchange.subject, exchange.peer or "-", exchange.label, exchange.since, exchange.check_code)
            for exchange in ledger.exchanges(call.appliance)
        ),
        empty=N_("No exchange has begun."),
    )
    exchange = (table, *state(call.appliance)) if EITHER.holds_for(identity) else ()
    return Result(N_("Status"), (facts, *exchange), findings, {**who, **data})


def _exchange_data(appliance: Appliance) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    try:
        installed, root = installed_data(appliance), held_root(appliance)
    except Damaged:
        installed, root = None, None
    found = with_relying(appliance, survey(appliance))
    data = {
        "exchanges": [exchange.as_data() for exchange in ledger.exchanges(appliance)],
        "unanswered": unanswered(appliance),
        "installed": installed,
        "kept": [version.number for version in restorable(appliance)],
        "certificates": certificates_data(appliance, found),
        "root": _root_data(appliance, root) if root else None,
    }
    return data, (
        *disk_findings(appliance.home),
        *down_findings(appliance),
        *gone_back_findings(appliance),
        *warnings(appliance, found),
        *_to_register(appliance),
        *way_findings(appliance),
        *partner_findings(appliance),
        *roots_told(appliance),
        *waiting_keys(appliance),
        *stale_findings(appliance),
        *own_findings(appliance),
        *approval_findings(appliance),
        *awaited_handshakes(appliance),
    )


def _root_data(appliance: Appliance, root: x509.Certificate) -> dict[str, Any]:
    return {
        "check_code": root_code(root),
        "fingerprint": fingerprint(root),
        "former": former_code(appliance) or None,
    }


def _to_register(appliance: Appliance) -> tuple[Finding, ...]:
    try:
        return must_register(appliance)
    except TanosError:  # of a certificate that is damaged, which is told as such
        return ()


def _warning(damage: Damaged) -> Finding:
    return Finding(damage.id, Severity.WARN, damage.message, damage.remedy)


ZONE_SERVER_STATUS = Inquiry(_zone_server_status)
STATUS = Inquiry(_status)
