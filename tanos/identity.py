"""Checks a new appliance's name, host name and addresses at the border, so that inside nothing checks them again.

Rule: letters, digits, hyphens (RFC 952, RFC 1123 §2.1); the full name becomes a common name, which holds 64
characters (RFC 5280 ub-common-name).
"""

import re
from dataclasses import replace
from ipaddress import ip_address

from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_
from tanos.platform import AddOn, Identity, Role

MOST_FQDN = 64
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(_LABEL)
_FQDN = re.compile(rf"({_LABEL}\.)+(?!\d+\Z){_LABEL}")


def checked_identity(identity: Identity) -> Identity:
    """Return the identity with names in lower case.

    Raises AnswerRefused `bad-name`, `bad-fqdn`, `bad-address`, `hub-not-here`.
    """
    if AddOn.ZONE_SERVER_HUB in identity.add_ons and identity.role is not Role.TANIUM_SERVER:
        raise AnswerRefused(
            "hub-not-here",
            N_("A Zone Server Hub stands only on a Tanium Server."),
            N_("Leave --hub out, or choose --role tanium-server."),
        )
    name, fqdn = checked_name(identity.name), checked_fqdn(identity.fqdn)
    return replace(identity, name=name, fqdn=fqdn, addresses=tuple(map(_checked_address, identity.addresses)))


def checked_name(name: str) -> str:
    """Return a short name in lower case; raise AnswerRefused `bad-name`."""
    if not _NAME.fullmatch(name.lower()):
        raise AnswerRefused(
            "bad-name",
            N_("{name} is not a usable appliance name.", name=inert(name)),
            N_("Use up to 63 letters, digits and hyphens, with no hyphen at either end, such as ts1."),
        )
    return name.lower()


def checked_fqdn(fqdn: str) -> str:
    """Return a full host name in lower case, without a dot at its end; raise AnswerRefused `bad-fqdn`."""
    plain = fqdn.lower().removesuffix(".")
    if not _FQDN.fullmatch(plain) or len(plain) > MOST_FQDN:
        raise AnswerRefused(
            "bad-fqdn",
            N_("{fqdn} is not a usable full host name.", fqdn=inert(fqdn)),
            N_(
                "Use labels of letters, digits and hyphens with dots between, {most} characters at most.",
                most=MOST_FQDN,
            ),
        )
    return plain


def _checked_address(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        raise AnswerRefused(
            "bad-address",
            N_("{address} is not an IP address.", address=inert(address)),
            N_("Give IPv4 or IPv6 addresses."),
        ) from None
