"""An operator at a workstation: runs `ssh` with the lab's configuration, nothing else.

Invariant: the demo never calls the product directly; what it knows came back over a real SSH connection.
"""

import json
from dataclasses import dataclass
from typing import Any

from menus.lab.layout import Lab
from tanos.errors import Damaged
from tanos.message import N_
from tanos.system import Finished, find_program, run_program


@dataclass(frozen=True)
class Operator:
    """One who may sign in to every appliance of a lab."""

    lab: Lab

    def ssh(self, name: str, words: str, stdin: bytes = b"") -> Finished:
        """Run `ssh NAME WORDS` and return what came back."""
        program = find_program("ssh", "openssh-client")
        return run_program([program, "-F", str(self.lab.ssh_config), name, words], stdin=stdin, seconds=30)

    def verb(self, name: str, words: str, stdin: bytes = b"") -> dict[str, Any]:
        """Run a verb with `--json` and return its fields; raises Damaged where it did not succeed."""
        done = self.ssh(name, words + " --json", stdin)
        if done.status != 0:
            said = (done.stdout + done.stderr).decode(errors="replace").strip()
            raise Damaged(
                "demo-failed",
                N_("{name}: {words} failed: {said}", name=name, words=words, said=said),
                N_("Read above."),
            )
        fields: dict[str, Any] = json.loads(done.stdout)
        return fields

    def host_key(self, name: str) -> str:
        """Return the `SHA256:…` of an appliance's Ed25519 host key, as `ssh-keygen` prints it."""
        keygen = find_program("ssh-keygen", "openssh-client")
        public = self.lab.home(name) / "ssh" / "ssh_host_ed25519_key.pub"
        return run_program([keygen, "-l", "-f", str(public)]).text.split()[1]
