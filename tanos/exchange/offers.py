"""Where the lines of Zone Server Configuration are offered.

From release 7.4 on servers set up TLS by themselves, so that nothing of it exists there but a page that says so.
"""

from tanos.offer import Offer
from tanos.platform import AddOn, Role

REQUESTER = Offer(roles=frozenset({Role.ZONE_SERVER}), manual_tls_only=True)
"""Makes requests and installs certificates."""

ISSUER = Offer(roles=frozenset({Role.TANIUM_SERVER}), add_on=AddOn.ZONE_SERVER_HUB, manual_tls_only=True)
"""Answers requests."""

EITHER = Offer(
    roles=frozenset({Role.TANIUM_SERVER, Role.ZONE_SERVER}), add_on=AddOn.ZONE_SERVER_HUB, manual_tls_only=True
)
"""Takes part in exchanges."""

ANY_RELEASE = Offer(roles=frozenset({Role.TANIUM_SERVER, Role.ZONE_SERVER}), add_on=AddOn.ZONE_SERVER_HUB)
"""Takes part in exchanges, or, from 7.4 on, is told that they are unnecessary."""

ROOT_EXPORT = Offer(roles=frozenset({Role.TANIUM_SERVER}))
"""Holds the root key, so its public half is given away here."""

ROOT_IMPORT = Offer(roles=frozenset({Role.ZONE_SERVER, Role.MODULE_SERVER}))
"""Trusts the root of a Tanium Server; a Tanium Server trusts its own."""
