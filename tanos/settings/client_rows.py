"""What clients are given when they register, a row each (seed 000, tables 2 to 4)."""

from tanos.message import N_, Message
from tanos.services.connecting import Target
from tanos.settings.setting import Component, Form, Kind, Setting, always

AUTOMATIC = frozenset({"7.4"})
SERVER = "taniumserver"
MODES = {0: N_("TLS is not used"), 1: N_("TLS is required"), 2: N_("TLS is tried first")}


def _attempts(count: int) -> Message:
    return N_("{count} attempt", "{count} attempts", count=count)


def _seconds(count: int) -> Message:
    return N_("{count} second", "{count} seconds", count=count)


CLIENT_ROWS = (
    Setting(
        "ReportingTLSMode",
        Component.CLIENTS,
        N_("TLS of a client of 7.2 to its server."),
        words=MODES,
        default=always(0),
        restarts=(SERVER,),
    ),
    Setting(
        "TLSMode",
        Component.CLIENTS,
        N_("TLS of a client of 7.4, to its server and to other clients."),
        words={0: MODES[0], 1: MODES[1]},
        default=always(1),
        releases=AUTOMATIC,
        restarts=(SERVER,),
    ),
    Setting(
        "OptionalTLSMinAttemptCount",
        Component.CLIENTS,
        N_("Where TLS is tried first: attempts before one goes without."),
        least=1,
        most=100,
        unit=_attempts,
        default=always(3),
        restarts=(SERVER,),
    ),
    Setting(
        "OptionalTLSBackoffIntervalSeconds",
        Component.CLIENTS,
        N_("Where TLS is tried first: the time until it is tried again; doubles each time."),
        least=1,
        most=86_400,
        unit=_seconds,
        default=always(1),
        restarts=(SERVER,),
    ),
    Setting(
        "OptionalTLSMaxBackoffSeconds",
        Component.CLIENTS,
        N_("Where TLS is tried first: the longest time until it is tried again."),
        least=1,
        most=86_400,
        unit=_seconds,
        default=always(3600),
        restarts=(SERVER,),
    ),
    Setting(
        "ServerNameList",
        Component.CLIENTS,
        N_("Where clients go once their server is lost: NAME=HOST:PORT, with commas between."),
        Kind.STRING,
        longest=256,
        form=Form(N_("servers as NAME, NAME:PORT or NAME=HOST:PORT"), Target.read),
        restarts=(SERVER,),
    ),
)
