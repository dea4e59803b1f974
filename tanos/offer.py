"""Where something is offered: on which roles, with which add-on, on which releases, for which users.

Menu, help, completion and the gate all ask the same Offer, so that they cannot disagree.
"""

from dataclasses import dataclass

from tanos.message import N_, Message, listed
from tanos.platform import AddOn, Identity, Role, UserRole, with_hub


@dataclass(frozen=True)
class Offer:
    """A condition on an appliance and a user; empty means anywhere, for tanadmin."""

    roles: frozenset[Role] = frozenset(Role)
    add_on: AddOn | None = None
    """Needed only where the role is Tanium Server: a hub never stands anywhere else."""
    manual_tls_only: bool = False
    automatic_tls_only: bool = False
    users: frozenset[UserRole] = frozenset({UserRole.TANADMIN})

    def holds_for(self, identity: Identity) -> bool:
        """Say whether this exists on that appliance."""
        if identity.role not in self.roles:
            return False
        automatic = identity.release.automatic_tls
        if (self.manual_tls_only and automatic) or (self.automatic_tls_only and not automatic):
            return False
        return self.add_on is None or identity.role is not Role.TANIUM_SERVER or self.add_on in identity.add_ons

    def holds_for_user(self, role: UserRole) -> bool:
        """Say whether a user of that role may do this."""
        return role in self.users

    def where(self) -> Message:
        """Say where it is offered, for one who asked for it elsewhere."""
        roles = listed(*(self._label(role) for role in Role if role in self.roles))
        if self.manual_tls_only:
            return N_("It is offered on {roles}, release 7.2 or 7.3.", roles=roles)
        if self.automatic_tls_only:
            return N_("It is offered on {roles}, release 7.4.", roles=roles)
        return N_("It is offered on {roles}.", roles=roles)

    def _label(self, role: Role) -> Message:
        return with_hub(role) if self.add_on and role is Role.TANIUM_SERVER else role.label


EVERYWHERE = Offer()
EVERYBODY = Offer(users=frozenset({UserRole.TANADMIN, UserRole.TANUSER}))
