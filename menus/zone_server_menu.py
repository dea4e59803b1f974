"""2-Z, Zone Server Configuration: a request from here to the Tanium Server, and its certificate back."""

from collections.abc import Callable
from dataclasses import replace

from menus.item import Answers, Ask, Item, Kind, Menu, Need, Option, Verb, always
from menus.pair_asks import version_option
from menus.pairing_menu import pairing
from menus.sources import FILE, FROM_PEER, INCOMING, PASTE, PULL, is_incoming, none, pasted, source_of
from menus.subordinate_menu import IN_PLACE_OF_EXCHANGES
from sftp.operations import CREATE_CSR, IMPORT_CERTIFICATE, SEND_CSR, default_peer
from tanos.appliance import Appliance
from tanos.exchange import hints
from tanos.exchange.arrivals import incoming_requests
from tanos.exchange.create_csr import default_alt_names, default_common_name
from tanos.exchange.hub_tls import TRY_TLS, try_tls_hint
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.import_requests import IMPORT_REQUESTS
from tanos.exchange.offers import ANY_RELEASE, EITHER, ISSUER, REQUESTER
from tanos.exchange.restore import RESTORE_CERTIFICATE, restorable
from tanos.message import N_
from tanos.overview.state import state
from tanos.overview.status import ZONE_SERVER_STATUS
from tanos.pasting.awaited import Awaited
from tanos.peers import SSH_PORT, find_peer
from tanos.report import Section
from tanos.subordinate.operations import keys_state


def _sends(answers: Answers) -> bool:
    return bool(answers["send"])


def _known_host(appliance: Appliance, answers: Answers) -> str:
    known = find_peer(appliance, str(answers["peer"]))
    return known.host if known else ""


def _known_port(appliance: Appliance, answers: Answers) -> str:
    known = find_peer(appliance, str(answers["peer"]))
    return str(known.port if known else SSH_PORT)


def _requests(appliance: Appliance) -> list[Option]:
    return [
        Option(each.name, N_("{request} issued", request=told) if each.answered else told)
        for each in incoming_requests(appliance)
        for told in [f"{each.name} {each.subject} {each.check_code or each.problem}"]
    ]


def _versions(appliance: Appliance) -> list[Option]:
    return [version_option(each) for each in restorable(appliance)]


def _state(appliance: Appliance) -> tuple[Section, ...]:
    return keys_state(appliance) if appliance.identity.release.automatic_tls else state(appliance)


COMMON_NAME = Ask("common_name", N_("Common name"), default=default_common_name)
ALT_NAMES = Ask(
    "alt_names",
    N_("Alternative names (host names and addresses)"),
    need=Need.OPTIONAL,
    default=default_alt_names,
    many=True,
    flag="--alt-name",
)
SEND = Ask("send", N_("Send it to the Tanium Server by SFTP"), Kind.FLAG)


def _way(when: Callable[[Answers], bool] = always) -> tuple[Ask, ...]:
    """Return the questions that name the Tanium Server."""
    return (
        Ask("peer", N_("Name of the peer"), need=Need.OPTIONAL, default=default_peer, when=when),
        Ask("host", N_("Host name or address"), need=Need.OPTIONAL, default_after=_known_host, when=when),
        Ask("port", N_("SSH port"), need=Need.OPTIONAL, default_after=_known_port, when=when),
        Ask("host_key", N_("Fingerprint of its host key (SHA256:…)"), need=Need.FOR_VERBS, default=none, when=when),
    )


CREATE = Verb(
    "zone-server create-csr",
    N_("Make a key and a certificate request"),
    CREATE_CSR,
    (COMMON_NAME, ALT_NAMES, SEND, *_way(_sends)),
    REQUESTER,
    "--replace",
)
SEND_AGAIN = Verb(
    "zone-server send-csr",
    N_("Send the waiting request to the Tanium Server by SFTP"),
    SEND_CSR,
    (Ask("check_code", N_("Check code"), need=Need.FOR_VERBS, default=none), *_way()),
    REQUESTER,
)
REQUEST_FILE = Ask(
    "file", N_("Which request"), Kind.CHOICE, Need.OPTIONAL, options=_requests, any_value=True, when=is_incoming
)
IMPORT_CSR = Verb(
    "zone-server import-request",
    N_("Examine a certificate request and issue its certificate"),
    IMPORT_REQUEST,
    (source_of(INCOMING, PASTE), REQUEST_FILE, pasted(Awaited.REQUEST, N_("Certificate request"))),
    ISSUER,
)
IMPORT_ALL = Verb(
    "zone-server import-requests",
    N_("Examine every certificate request in /incoming and issue the certificates"),
    IMPORT_REQUESTS,
    (),
    ISSUER,
)
IMPORT_SIGNED = Verb(
    "zone-server import-certificate",
    N_("Verify a signed certificate and install it with its key"),
    IMPORT_CERTIFICATE,
    (source_of(INCOMING, PASTE, PULL), FILE, pasted(Awaited.CERTIFICATE, N_("Signed certificate")), FROM_PEER),
    REQUESTER,
)
RESTORE = Verb(
    "zone-server restore-certificate",
    N_("Put an earlier certificate and its key back"),
    RESTORE_CERTIFICATE,
    (Ask("version", N_("Version"), Kind.CHOICE, Need.OPTIONAL, default=none, options=_versions, argument=True),),
    REQUESTER,
)
TRY_HUB_TLS = Verb(
    "zone-server try-tls",
    N_("Have the hub try TLS first on its way to the zone servers"),
    TRY_TLS,
    (),
    ISSUER,
)
STATUS = Verb("zone-server status", N_("Show where the exchange stands"), ZONE_SERVER_STATUS, (), EITHER)
VERBS = (CREATE, SEND_AGAIN, IMPORT_CSR, IMPORT_ALL, IMPORT_SIGNED, RESTORE, STATUS, TRY_HUB_TLS)

MENU = Menu(
    "Z",
    N_("Zone Server Configuration"),
    (
        Item("1", N_("Create CSR"), CREATE, hint=hints.create_csr_hint),
        Menu(
            "2",
            N_("Import Cert Request"),
            (
                Item("1", N_("From /incoming"), IMPORT_CSR, {"source": INCOMING.value}),
                Item("2", N_("Paste the text"), IMPORT_CSR, {"source": PASTE.value}),
            ),
            ISSUER,
            hint=hints.import_request_hint,
        ),
        Menu(
            "3",
            N_("Import Signed Certificate"),
            (
                Item("1", N_("From /incoming"), IMPORT_SIGNED, {"source": INCOMING.value}),
                Item("2", N_("Paste the text"), IMPORT_SIGNED, {"source": PASTE.value}),
                Item("3", N_("Pull by SFTP from the Tanium Server"), IMPORT_SIGNED, {"source": PULL.value}),
            ),
            REQUESTER,
            hint=hints.import_certificate_hint,
        ),
        Item("4", N_("Send the CSR again"), SEND_AGAIN, hint=hints.send_csr_hint),
        Item("5", N_("Earlier certificates"), RESTORE, hint=hints.restore_hint),
        Item("6", N_("Status of the exchange"), STATUS),
        replace(pairing("7"), offer=EITHER),
        Item("8", N_("Have the hub try TLS"), TRY_HUB_TLS, hint=try_tls_hint),
        Item("9", N_("Answer all requests in /incoming"), IMPORT_ALL),
        *IN_PLACE_OF_EXCHANGES,
    ),
    ANY_RELEASE,
    state=_state,
    help=N_("Gives a Zone Server a certificate that the Tanium Server's root signed."),
)
