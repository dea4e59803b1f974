"""What the keeper does with SSH keys: the appliance's host keys, and the pairs of its users.

Invariant: no private key is in any answer; who needs a signature has it made here.
"""

from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.files import disk_trouble
from tanos.keys import own_pair
from tanos.keys.host_pairs import HostPairs, NewHostKey
from tanos.message import N_


class KeptSshKeys:
    """The SSH keys of one appliance."""

    appliance: Appliance
    _hosts: HostPairs
    _made: dict[str, own_pair.NewPair]
    _made_hosts: dict[str, NewHostKey]

    def make_host_keys(self) -> None:
        """Make the host keys that are missing. Raises Damaged `disk-failed`."""
        try:
            self._hosts.make()
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def new_host_key(self, kind: str) -> str:
        """Make a host key that may follow the one of that kind, write it nowhere yet, and return its public line.

        Raises KeyError where there is no such kind.
        """
        made = self._made_hosts[kind] = self._hosts.new_next(kind)
        return made.line

    def keep_next_host_key(self, kind: str, line: str) -> None:
        """Put the host key that was made here beside the present one.

        It counts only where the store says so: one that lies there already is replaced. Raises NotYet `stale` where
        this keeper made none such, Damaged `disk-failed`.
        """
        made = self._made_hosts.get(kind)
        if made is None or made.line != line:
            raise NotYet(
                "stale",
                N_("The new host key is no longer there: the keeper of the keys was started again."),
                N_("Make it once more; nothing was announced."),
            )
        try:
            self._hosts.keep_next(kind, made)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error
        del self._made_hosts[kind]

    def adopt_host_key(self, kind: str, line: str) -> None:
        """Put the next host key, that of `line`, in the place of the present one for good, and wipe that.

        May be asked again after a death. Raises Damaged `disk-failed`, `damaged-key`.
        """
        try:
            self._hosts.adopt_next(kind, line)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def drop_next_host_key(self, kind: str, line: str) -> None:
        """Wipe the next host key, that of `line`; may be asked again. Raises Damaged `disk-failed`, KeyError."""
        try:
            self._hosts.drop_next(kind, line)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def host_public_keys(self) -> list[str]:
        """Return the lines of the host keys that can sign, the preferred first, then those that follow them.

        Raises Damaged `damaged-key`.
        """
        return [key.line for key in self._hosts.public_keys()]

    def host_lines(self) -> list[str]:
        """Return the public lines of the host keys for others to pin, the preferred first; none is opened."""
        return self._hosts.lines()

    def sign_exchange(self, fingerprint: str, algorithm: str, data: bytes) -> bytes:
        """Return the SSH signature of a key exchange by the host key of that fingerprint (`SHA256:…`).

        Raises Damaged `damaged-key`; NotToBeAsked for a key or algorithm that is not offered, and for data
        that is no exchange hash.
        """
        return self._hosts.sign(fingerprint, algorithm, data)

    def prove_host_key(self, fingerprint: str, algorithm: str, session: bytes) -> bytes:
        """Return the SSH signature by which a host key is proved to a signed-in client; `session` is its session id.

        Raises as `sign_exchange` does.
        """
        return self._hosts.prove(fingerprint, algorithm, session)

    def new_ssh_pair(self, user: str) -> str:
        """Make a key pair for `user`, write it nowhere yet, and return its public line. Raises AnswerRefused."""
        made = own_pair.new_pair(self.appliance, user)
        self._made[user] = made
        return made.line

    def keep_ssh_pair(self, user: str, line: str) -> None:
        """Put the pair that was made here in the place of an earlier one of `user`.

        Raises NotYet `stale` where this keeper made none such, Damaged `disk-failed`.
        """
        made = self._made.get(user)
        if made is None or made.line != line:
            raise NotYet(
                "stale",
                N_("The new pair of {user} is no longer there: the keeper of the keys was started again.", user=user),
                N_("Generate it once more; the earlier pair holds."),
            )
        try:
            own_pair.keep_pair(self.appliance, user, made)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error
        del self._made[user]

    def forget_ssh_pair(self, user: str) -> None:
        """Remove the pair of `user`, if there is one. Raises Damaged `disk-failed`."""
        try:
            own_pair.forget_pair(self.appliance, user)
        except OSError as error:
            raise disk_trouble(error, "ssh") from error

    def ssh_public_line(self, user: str) -> str:
        """Return `type base64 user@appliance`. Raises NotYet `step-missing`, Damaged `damaged-key`."""
        return own_pair.public_line(self.appliance, user)

    def sign_in(self, user: str, algorithm: str, data: bytes) -> bytes:
        """Return the SSH signature by which `user` signs in to a peer.

        Raises NotYet `step-missing`, Damaged `damaged-key`; ValueError for an algorithm that is not the key's, and
        where the data is not his sign-in as tancopy.
        """
        return own_pair.signature(self.appliance, user, algorithm, data)
