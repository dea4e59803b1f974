"""The person's own keys, in the order in which his ssh would offer them: named files, then the agent's.

Invariant: where his configuration says IdentitiesOnly, no other key of the agent is shown to the host.
"""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sftp.person.ways import Way

if TYPE_CHECKING:
    import paramiko
    from paramiko.auth_strategy import AuthStrategy


@contextmanager
def sign_in_keys(way: Way) -> Iterator["AuthStrategy"]:
    """Return the keys to sign in with; the agent stays connected meanwhile."""
    import paramiko
    from paramiko.auth_strategy import AuthSource, AuthStrategy, InMemoryPrivateKey

    with _agent(way.agent) as held:
        keys = _in_order(way, held)

        class Keys(AuthStrategy):
            """Offers each key once."""

            def get_sources(self) -> Iterator[AuthSource]:
                for key in keys:
                    yield InMemoryPrivateKey(way.user, key)

        yield Keys(paramiko.SSHConfig())


def _in_order(way: Way, held: "list[paramiko.PKey]") -> "list[paramiko.PKey]":
    from_files = [key for file in way.identity_files if (key := _key_in(file))]
    named = {blob for file in way.identity_files if (blob := _public_blob(file))}
    ours = [key for key in held if key.asbytes() in named]
    others = [] if way.identities_only else [key for key in held if key.asbytes() not in named]
    return list({key.asbytes(): key for key in (*from_files, *ours, *others)}.values())


def _key_in(file: Path) -> "paramiko.PKey | None":
    """Return an identity file's key; None where it is missing, locked or something else."""
    import paramiko
    from paramiko.pkey import UnknownKeyType

    try:
        return paramiko.PKey.from_path(file)
    except (OSError, ValueError, TypeError, paramiko.SSHException, UnknownKeyType):
        return None


def _public_blob(file: Path) -> bytes | None:
    """Return the public half that lies beside an identity file, or is the file itself."""
    for public in (file.with_name(file.name + ".pub"), file):
        try:
            return base64.b64decode(public.read_text().split()[1], validate=True)
        except (OSError, ValueError, IndexError):
            continue
    return None


@contextmanager
def _agent(path: str) -> Iterator["list[paramiko.PKey]"]:
    """Yield the keys of the agent at a socket; none where there is no agent."""
    import paramiko

    if not path:
        yield []
        return
    before = os.environ.get("SSH_AUTH_SOCK")
    os.environ["SSH_AUTH_SOCK"] = path
    try:
        agent = paramiko.Agent()
    except paramiko.SSHException:
        yield []
        return
    finally:
        if before is None:
            del os.environ["SSH_AUTH_SOCK"]
        else:
            os.environ["SSH_AUTH_SOCK"] = before
    try:
        yield list(agent.get_keys())
    finally:
        agent.close()
