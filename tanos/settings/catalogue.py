"""Every setting of the documents, a row each (seed 000 tables 2 to 4, seed 001; reference of the vendor's settings).

Rules of defaults: on the appliances of 7.2 and 7.3 the Tanium Server's TLS is on and only what comes in may go
without; zone server and hub are off until a certificate is installed (seed 000, table 2). From 7.4 on TLS between
servers is always required, so that its settings are not there.
"""

from collections.abc import Iterator
from ipaddress import ip_address

from tanos import deeds
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.platform import Identity
from tanos.services.connecting import Target
from tanos.settings.client_rows import AUTOMATIC, CLIENT_ROWS, MODES, SERVER
from tanos.settings.pki_rows import PKI_ROWS
from tanos.settings.setting import Component, Form, Kind, Setting, always

MANUAL = frozenset({"7.2", "7.3"})
HUB, ZONE, MODULE = "taniumzoneserverhub", "taniumzoneserver", "taniummoduleserver"
PKI_PASSWORD = "PKIDatabasePassword"  # noqa: S105 - the name of a setting
BANNER, MOST_CHARACTERS = "console_PreLoginBannerHTML", 8192
_SWITCH = {0: N_("off"), 1: N_("on")}
_DEMANDED = {0: N_("TLS is not required"), 1: N_("TLS is required")}
_DEMANDED_HERE = {
    314: N_("Whether clients of 7.2 must come by TLS here, whatever the Tanium Server lets in."),
    315: N_("Whether clients of 7.4 must come by TLS here, whatever the Tanium Server lets in."),
}
_NEWEST = N_("Whether TLS 1.3 may be used in the Tanium protocol, where the other end knows it, too (ours).")
_ALLOWED = {0: N_("refused"), 1: N_("let in")}


def _paths(component: Component) -> tuple[Setting, ...]:
    told = N_("The file of the installed pair; it follows what is installed.")
    restarts = (SERVER,) if component is Component.SERVER else (ZONE,)
    return tuple(
        Setting(name, component, told, Kind.STRING, releases=MANUAL, restarts=restarts, path_of="reporting")
        for name in ("ReportingTLSCertPath", "ReportingTLSKeyPath")
    )


def _port(component: Component, name: str, told: Message, *restarts: str) -> Setting:
    return Setting(name, component, told, least=1, most=65535, restarts=restarts)


def _incoming(component: Component, service: str) -> tuple[Setting, ...]:
    services = (service, HUB) if service == SERVER else (service,)
    return (
        Setting(
            "RequireIncomingEncryption",
            component,
            N_("Whether clients must come by TLS."),
            words=_DEMANDED,
            default=always(0),
            releases=MANUAL,
            restarts=(service,),
        ),
        _port(component, "ServerPort", N_("The port of the Tanium protocol."), *services),
    )


_SERVER_ROWS = (
    Setting(
        "ReportingTLSMode",
        Component.SERVER,
        N_("TLS between the Tanium Server and its hub."),
        words={1: MODES[1], 2: MODES[2]},
        default=always(1),
        releases=MANUAL,
        restarts=(HUB,),
    ),
    *_paths(Component.SERVER),
    *_incoming(Component.SERVER, SERVER),
    _port(Component.SERVER, "ServerSOAPPort", N_("The port of console and API."), SERVER),
    Setting(
        "ReportingTLSKeyPasswordFile",
        Component.SERVER,
        N_("For hardware security modules only; nothing reads it here."),
        Kind.STRING,
    ),
    Setting(
        "TaniumServerList",
        Component.SERVER,
        N_("The other Tanium Server of an active-active pair: NAME=HOST:PORT, with commas between."),
        Kind.STRING,
        releases=AUTOMATIC,
        form=Form(N_("Tanium Servers as NAME, NAME:PORT or NAME=HOST:PORT"), Target.read),
        reader=SERVER,
    ),
    Setting(
        "ModuleServer",
        Component.SERVER,
        N_("Of those that registered, the Module Server that modules are asked at; registration sets it."),
        Kind.STRING,
        reader=SERVER,
    ),
    Setting(
        "ModuleServerPort",
        Component.SERVER,
        N_("Its port; registration sets it."),
        least=1,
        most=65535,
        default=always(17477),
        reader=SERVER,
    ),
    Setting(
        PKI_PASSWORD,
        Component.SERVER,
        N_("By which pki.db is sealed; it is kept nowhere. Local, never synchronised."),
        Kind.PROTECTED,
        releases=AUTOMATIC,
        set_by=deeds.SEAL_ROOTS,
    ),
)
_HUB_ROWS = (
    Setting(
        "ReportingTLSMode",
        Component.HUB,
        N_("TLS between the hub and its zone servers."),
        words=MODES,
        default=always(0),
        releases=MANUAL,
        restarts=(HUB,),
    ),
    Setting(
        "ZoneServerList",
        Component.HUB,
        N_("The zone servers it connects to: NAME=HOST:PORT, with commas between."),
        Kind.STRING,
        form=Form(N_("zone servers as NAME, NAME:PORT or NAME=HOST:PORT"), Target.read),
        restarts=(HUB,),
    ),
)
_ZONE_ROWS = (
    Setting(
        "ReportingTLSMode",
        Component.ZONE_SERVER,
        N_("TLS of connections that the zone server makes. It makes none here: its hub comes, in a mode of its own."),
        words=MODES,
        default=always(0),
        releases=MANUAL,
    ),
    *_paths(Component.ZONE_SERVER),
    *_incoming(Component.ZONE_SERVER, ZONE),
    Setting(
        "AllowedHubs",
        Component.ZONE_SERVER,
        N_("Addresses from which hubs may come, with commas between."),
        Kind.STRING,
        form=Form(N_("addresses as 192.0.2.10 or 2001:db8::10"), ip_address),
        restarts=(ZONE,),
    ),
    Setting(
        "EnforceAllowedHubs",
        Component.ZONE_SERVER,
        N_("Whether hubs come from these addresses alone."),
        words=_SWITCH,
        default=always(1),
        restarts=(ZONE,),
    ),
    *(
        Setting(
            f"require_client_tls_{protocol}_flag",
            Component.ZONE_SERVER,
            told,
            words=_DEMANDED,
            releases=AUTOMATIC,
            restarts=(ZONE,),
        )
        for protocol, told in _DEMANDED_HERE.items()
    ),
)
_MODULE_ROWS = (_port(Component.MODULE_SERVER, "ServerPort", N_("The port of the Module Server."), MODULE),)
_GLOBAL_ROWS = (
    Setting(
        "require_client_tls_314_flag",
        Component.GLOBAL,
        N_("Whether clients of 7.2 must come by TLS."),
        words=_DEMANDED,
        default=always(0),
        releases=AUTOMATIC,
        restarts=(SERVER,),
    ),
    Setting(
        "require_client_tls_315_flag",
        Component.GLOBAL,
        N_("Whether clients of 7.4 must come by TLS."),
        words=_DEMANDED,
        default=always(1),
        releases=AUTOMATIC,
        restarts=(SERVER,),
    ),
    Setting(
        "enable_protocol_314_flag",
        Component.GLOBAL,
        N_("Whether clients of 7.2 are let in at all."),
        words=_ALLOWED,
        default=always(0),
        releases=AUTOMATIC,
        restarts=(SERVER,),
    ),
    Setting(
        BANNER,
        Component.GLOBAL,
        N_("What the console shows before signing in; it is taken from a file, not typed."),
        Kind.STRING,
        longest=MOST_CHARACTERS,
        reader=SERVER,
    ),
)
_NEWEST_ROWS = tuple(
    Setting("AllowTLS13", of, _NEWEST, words=_SWITCH, default=always(0), releases=AUTOMATIC, restarts=(service,))
    for of, service in ((Component.SERVER, SERVER), (Component.HUB, HUB), (Component.ZONE_SERVER, ZONE))
)
SETTINGS = (
    *_SERVER_ROWS,
    *_HUB_ROWS,
    *_ZONE_ROWS,
    *_MODULE_ROWS,
    *_GLOBAL_ROWS,
    *CLIENT_ROWS,
    *PKI_ROWS,
    *_NEWEST_ROWS,
)


def settings_of(identity: Identity, component: Component | None = None) -> Iterator[Setting]:
    """Yield the settings that an appliance has, of one component or all."""
    for each in SETTINGS:
        if component in {None, each.component} and each.holds_for(identity):
            yield each


def setting_named(identity: Identity, name: str, component: str = "") -> Setting:
    """Return a setting by name, in any case. Raises AnswerRefused `no-such-setting`, `which-component`."""
    wanted = name.strip().casefold()
    found = [
        each
        for each in settings_of(identity)
        if each.name.casefold() == wanted and component in {"", each.component.value}
    ]
    if not found:
        raise AnswerRefused(
            "no-such-setting",
            N_("There is no setting {name} here.", name=inert(name)),
            N_("Their names: {settings}.", settings=deeds.LIST_SETTINGS),
        )
    if len(found) > 1:
        raise AnswerRefused(
            "which-component",
            N_("{name} stands at several places.", name=found[0].name),
            N_("Say which: --component {components}.", components=", ".join(each.component for each in found)),
        )
    return found[0]
