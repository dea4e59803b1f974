"""The one table of subordinate keys (release 7.4, seed 001): who makes each, who signs it, how long it lives.

Rule: a key is renewed inside a window before its end, and the window is shorter than the validity, so that no key is
renewed again as soon as it is there. Settings and menus read this table, so that nothing here loads a library of
certificates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tanos.errors import AnswerRefused
from tanos.message import N_, Message

MOST_DAYS, MOST_HOURS = 3650, 87_600


class Part(StrEnum):
    """Who makes a key, or signs it."""

    TANIUM_SERVER = "tanium-server"
    ZONE_SERVER = "zone-server"
    CLIENT = "client"


class Affects(StrEnum):
    """For whom a setting is, as the documents have it."""

    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True)
class Lifetime:
    """How long a key lives, and how long before its end it is renewed."""

    days: int
    window_hours: int

    @property
    def is_sound(self) -> bool:
        """Say whether the window is shorter than the validity."""
        return 0 < self.window_hours < 24 * self.days

    def end(self, made: datetime) -> datetime:
        """Return when a key made then ends."""
        return made + timedelta(days=self.days)

    def is_due(self, end: datetime, now: datetime) -> bool:
        """Say whether a key that ends then is to be renewed."""
        return now >= end - timedelta(hours=self.window_hours)


@dataclass(frozen=True)
class SubordinateKind:
    """One kind of key below a root."""

    name: str
    label: Message
    makers: tuple[Part, ...]
    """Who has one, each its own."""
    signed_by: str
    """The kind of key that signs it; empty for a root key."""
    is_authority: bool
    """Whether it signs others."""
    setting_stem: str
    """Of the names of its two settings."""
    default: Lifetime
    window_affects: Affects = Affects.SERVER
    """The validity is always for servers: who signs goes by it."""

    @property
    def validity_setting(self) -> str:
        """Name of the setting of its validity, days."""
        return f"{self.setting_stem}ValidityDays"

    @property
    def window_setting(self) -> str:
        """Name of the setting of its window, hours."""
        return f"{self.setting_stem}RenewalWindowHours"


SERVER_TLS = SubordinateKind(
    "server-tls",
    N_("Server TLS key"),
    (Part.TANIUM_SERVER, Part.ZONE_SERVER),
    signed_by="",
    is_authority=False,
    setting_stem="PKIServerTLSKey",
    default=Lifetime(30, 72),
)
MESSAGE_SIGNING = SubordinateKind(
    "message-signing",
    N_("Message-signing key"),
    (Part.TANIUM_SERVER,),
    signed_by="",
    is_authority=False,
    setting_stem="PKIMessageSigningKey",
    default=Lifetime(30, 72),
)
INTERMEDIATE_TLS = SubordinateKind(
    "intermediate-tls",
    N_("Intermediate TLS key"),
    (Part.ZONE_SERVER, Part.TANIUM_SERVER),
    signed_by="",
    is_authority=True,
    setting_stem="PKIIntermediateTLSKey",
    default=Lifetime(30, 72),
)
CLIENT_TLS = SubordinateKind(
    "client-tls",
    N_("Client TLS key"),
    (Part.CLIENT,),
    signed_by=INTERMEDIATE_TLS.name,
    is_authority=False,
    setting_stem="PKIClientTLSKey",
    default=Lifetime(7, 4),
    window_affects=Affects.CLIENT,
)
KINDS = (SERVER_TLS, MESSAGE_SIGNING, INTERMEDIATE_TLS, CLIENT_TLS)


def lifetime(kind: SubordinateKind, settings: Mapping[str, object]) -> Lifetime:
    """Return what holds by the settings, by name; the default for each that is missing.

    Of two that came from two servers, and do not go together, the validity holds, and half of it is the window.
    """
    held = _written(kind, settings)
    if held.is_sound and held.days <= MOST_DAYS:
        return held
    days = min(max(held.days, 1), MOST_DAYS)
    return Lifetime(days, min(max(held.window_hours, 1), 12 * days))


def _written(kind: SubordinateKind, settings: Mapping[str, object]) -> Lifetime:
    days, hours = settings.get(kind.validity_setting), settings.get(kind.window_setting)
    return Lifetime(
        days if isinstance(days, int) else kind.default.days,
        hours if isinstance(hours, int) else kind.default.window_hours,
    )


def kind_of_setting(name: str) -> SubordinateKind | None:
    """Return the kind whose validity or window a setting is; None for any other setting."""
    wanted = name.casefold()
    for kind in KINDS:
        if wanted in {kind.validity_setting.casefold(), kind.window_setting.casefold()}:
            return kind
    return None


def check_lifetime(kind: SubordinateKind, settings: Mapping[str, object]) -> None:
    """Raise AnswerRefused `window-too-long` where, by those settings, the window is not shorter than the validity."""
    held = _written(kind, settings)
    if held.is_sound:
        return
    raise AnswerRefused(
        "window-too-long",
        N_(
            "The window ({window}: {hours} h) is no shorter than what a key is valid for ({validity}: {days} d).",
            days=str(held.days),
            validity=kind.validity_setting,
            hours=str(held.window_hours),
            window=kind.window_setting,
        ),
        N_("The window is from one hour on, and shorter than the validity: choose others, one after the other."),
    )
