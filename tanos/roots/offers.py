"""Where the lines of Root Key Management are offered.

Until 7.3 there is one root, whose pair is replaced; from 7.4 on there are others beside it, which rotate.
"""

from tanos.offer import Offer
from tanos.platform import Role

HERE = Offer(roles=frozenset({Role.TANIUM_SERVER}))
"""Has root keys."""
REPLACED_HERE = Offer(roles=frozenset({Role.TANIUM_SERVER}), manual_tls_only=True)
"""tanium.pub and tanium.pvk are replaced."""
ROTATED_HERE = Offer(roles=frozenset({Role.TANIUM_SERVER}), automatic_tls_only=True)
"""Another root is made beside the first."""
