"""A certificate authority for SSH, made by ssh-keygen, and somebody whose key it certifies."""

import subprocess
from pathlib import Path

from tanos.actor import system_call
from tanos.keys.authorized import authorize, take_away
from tanos.keys.public_key import read_authorized_line
from tanos.keys.revoked import Mark, revoke
from tests.sftp.door.conftest import OpenDoor


class Authority:
    """A certificate authority, and somebody whose key it certifies."""

    def __init__(self, door: OpenDoor, directory: Path, kind: str = "ed25519") -> None:
        self.door = door
        self.directory = directory
        self._keygen("-t", kind, "-N", "", "-f", "ca")
        self._keygen("-t", "ed25519", "-N", "", "-f", "key")
        self.fingerprint = self._key("ca.pub")
        self.key = self._key("key.pub")

    def _keygen(self, *words: str) -> None:
        subprocess.run(["ssh-keygen", "-q", *words], cwd=self.directory, check=True, capture_output=True)

    def _key(self, name: str) -> str:
        return read_authorized_line((self.directory / name).read_bytes()).key.fingerprint

    def trusted(self, options: str = "cert-authority", user: str = "tanadmin") -> "Authority":
        """Let it sign certificates for a user."""
        line = read_authorized_line(f"{options} ".encode() + (self.directory / "ca.pub").read_bytes())
        call = system_call(self.door.appliance, "test")
        with self.door.appliance.store.change(call) as change:
            take_away(change, user, self.fingerprint)
            authorize(change, call, user, line.key, line.options)
        return self

    def certify(self, *words: str, names: str = "tanadmin", key: str = "key.pub") -> "Authority":
        """Sign a certificate; `words` are ssh-keygen's."""
        names_too = ["-n", names] if names else []
        self._keygen("-s", "ca", "-I", "erika's laptop", "-z", "5", *names_too, *words, key)
        return self

    def run(self, *words: str, user: str = "tanadmin", options: tuple[str, ...] = ()) -> bool:
        """Sign in by the certificate, and say whether it did."""
        self.done = subprocess.run(
            ["ssh", "-F", self.door.config, "-l", user, "-i", self.directory / "key", *options, "visitor", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return self.done.returncode == 0

    def turned_away(self) -> list[str]:
        """Return why, from the audit."""
        rows = self.door.appliance.store.rows(
            "SELECT result FROM audit WHERE verb = 'sign-in' AND object LIKE ? ORDER BY id", f"{self.key} %"
        )
        return [row["result"] for row in rows]

    def revoke(self, mark: Mark) -> None:
        """Put something on the list."""
        call = system_call(self.door.appliance, "test")
        with self.door.appliance.store.change(call) as change:
            revoke(change, call, [mark], "")


def forget(someone: Authority) -> None:
    """Leave the door as it was."""
    with someone.door.appliance.store.change(system_call(someone.door.appliance, "test")) as change:
        take_away(change, "tanadmin", someone.fingerprint)
        change.execute("DELETE FROM revoked_keys")
