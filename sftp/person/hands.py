"""The courier's hands in one drop box: signed in with the person's own keys, at a host that his known_hosts knows.

Invariants: an unknown, changed or revoked host key ends it before anything is signed or sent; a file counts as put
only when it was read back and is the same. paramiko is imported only inside.
"""

import logging
import os
import stat
import struct
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NoReturn

from sftp.person.keys import sign_in_keys
from sftp.person.ways import Way, reach
from sftp.trouble import CONNECT_SECONDS, refused_there, short_words, unreachable, why
from tanos import deeds
from tanos.dropbox import LARGEST
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.files import one_component
from tanos.message import N_

if TYPE_CHECKING:
    import paramiko

SECONDS = 30
MOST_NAMES = 1000
MOST_WORDS = 4096
_GARBLED = (struct.error, ValueError, LookupError)
"""What paramiko lets out, beside its own errors, where an answer cannot be taken apart."""


class Hands:
    """What the courier can do in one drop box."""

    def __init__(self, way: Way, sftp: "paramiko.SFTPClient") -> None:
        self.way = way
        self._sftp = sftp

    def names(self, directory: str) -> list[str]:
        """Return the usable names of plain files, at most a thousand."""
        found = []
        with self._said(directory):
            for number, entry in enumerate(self._sftp.listdir_iter(directory), start=1):
                if _usable(entry.filename) and stat.S_ISREG(entry.st_mode or stat.S_IFREG):
                    found.append(entry.filename)
                if number == MOST_NAMES:
                    break
        return sorted(found)

    def fetch(self, path: str) -> bytes:
        """Return a file's bytes, or raise AnswerRefused `too-large`."""
        with self._said(path), closing(self._sftp.open(path, "rb")) as file:
            data: bytes = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise AnswerRefused(
                "too-large",
                N_(
                    "{path} at {host} is larger than {limit} bytes.",
                    path=path,
                    host=self.way.peer.name,
                    limit=LARGEST,
                ),
                N_("Check over there what this file is; it was not carried."),
            )
        return data

    def put(self, path: str, data: bytes) -> None:
        """Write a file and read it back. Raises NotYet `peer-refused`."""
        with self._said(path):
            with closing(self._sftp.open(path, "wb")) as file:
                file.write(data)
            with closing(self._sftp.open(path, "rb")) as file:
                kept: bytes = file.read(len(data) + 1)
        if kept != data:
            raise refused_there(self.way.peer, path, "what lies there now is not what was sent")

    @contextmanager
    def _said(self, path: str) -> Iterator[None]:
        import paramiko

        try:
            yield
        except (TimeoutError, EOFError):
            raise unreachable(self.way.peer, N_("the connection was lost")) from None
        except (paramiko.SFTPError, *_GARBLED) as error:
            raise _no_sftp(self.way, path, error) from None
        except (OSError, paramiko.SSHException) as error:
            raise refused_there(self.way.peer, path, getattr(error, "strerror", "") or str(error)) from None


@contextmanager
def signed_in(way: Way) -> Iterator[Hands]:
    """Sign in to a drop box.

    Raises NotYet `peer-unreachable`, AnswerRefused `host-key-changed` or `host-key-unknown`.
    """
    import paramiko

    logging.getLogger("paramiko").propagate = False
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(_refusing(way))
        _load_known_hosts(client, way)
        with _words_for(way), reach(way) as socket, sign_in_keys(way) as keys:
            client.connect(
                way.key_name or way.host,
                22 if way.key_name else way.port,
                username=way.user,
                sock=socket,
                timeout=CONNECT_SECONDS,
                banner_timeout=CONNECT_SECONDS,
                auth_timeout=SECONDS,
                auth_strategy=keys,
            )
            with closing(_drop_box(client, way)) as sftp:
                yield Hands(way, sftp)


def _drop_box(client: "paramiko.SSHClient", way: Way) -> "paramiko.SFTPClient":
    """Open the drop box.

    Raises NotYet `peer-unreachable` with the server's own line where it opens none, `peer-refused` where it opens
    something else.
    """
    import paramiko

    transport = client.get_transport()
    assert transport is not None
    channel = transport.open_session()
    channel.settimeout(SECONDS)
    try:
        channel.invoke_subsystem("sftp")
        return paramiko.SFTPClient(channel)
    except TimeoutError:
        raise
    except (OSError, EOFError, paramiko.SSHException):
        raise _no_files(way, _its_words(channel)) from None
    except (paramiko.SFTPError, *_GARBLED) as error:
        raise _no_sftp(way, "/", error) from None


def _its_words(channel: "paramiko.Channel") -> str:
    """Return what the server said to people before it closed the channel."""
    try:
        return channel.recv_stderr(MOST_WORDS).decode(errors="replace")
    except (OSError, EOFError):
        return ""


@contextmanager
def _words_for(way: Way) -> Iterator[None]:
    """Turn what goes wrong on the way into words."""
    import paramiko

    try:
        yield
    except TanosError:
        raise
    except paramiko.BadHostKeyException as error:
        raise _changed(way, error) from None
    except paramiko.AuthenticationException:
        raise _not_let_in(way) from None
    except (OSError, EOFError, paramiko.SSHException) as error:
        reason = N_("it closed the connection") if isinstance(error, EOFError) else why(error)
        raise unreachable(way.peer, reason) from None


def _load_known_hosts(client: "paramiko.SSHClient", way: Way) -> None:
    """Load what the person knows, without any key that he marked as revoked."""
    import paramiko

    lines: list[str] = []
    for file in way.known_hosts:
        if file.is_file():
            lines += file.read_text(errors="replace").splitlines()
    revoked = {line.split()[3] for line in lines if line.startswith("@revoked") and len(line.split()) > 3}
    kept = [line for line in lines if not line.startswith("@") and not revoked & set(line.split())]
    with tempfile.NamedTemporaryFile("w", prefix="known_hosts") as good:
        good.write("\n".join(kept) + "\n")
        good.flush()
        try:
            client.load_system_host_keys(good.name)
        except (paramiko.SSHException, paramiko.hostkeys.InvalidHostKey, ValueError):
            raise AnswerRefused(
                "bad-known-hosts",
                N_(
                    "A line of your known_hosts cannot be read ({files}).", files=", ".join(map(str, way.known_hosts))
                ),
                N_("Remove the broken line; `ssh-keygen -F HOST` helps to find it."),
            ) from None


def _refusing(way: Way) -> "paramiko.MissingHostKeyPolicy":
    import paramiko

    class Refuse(paramiko.RejectPolicy):
        """Says which key an unknown host showed, and refuses it."""

        def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> NoReturn:
            raise AnswerRefused(
                "host-key-unknown",
                N_(
                    "Your known_hosts does not hold the host key of {host}; it showed {key}.",
                    host=way.peer.name,
                    key=key.fingerprint,
                ),
                N_(
                    "Compare it on that appliance itself ({status:key}) and sign in there once with ssh; nothing was "
                    "carried.",
                    status=deeds.SHOW_STATUS,
                ),
            )

    return Refuse()


def _changed(way: Way, error: "paramiko.BadHostKeyException") -> AnswerRefused:
    return AnswerRefused(
        "host-key-changed",
        N_(
            "{host} shows another host key than your known_hosts holds: known {known}, shown {shown}. "
            "Nothing was carried.",
            host=way.peer.name,
            known=error.expected_key.fingerprint,
            shown=error.key.fingerprint,
        ),
        N_(
            "If its host keys were renewed on purpose, compare there ({status:key}), then `ssh-keygen -R {host}` and "
            "sign in once with ssh.",
            host=way.peer.host,
            status=deeds.SHOW_STATUS,
        ),
    )


def _not_let_in(way: Way) -> NotYet:
    return unreachable(
        way.peer,
        N_("none of your keys is accepted there for user {user}", user=way.user),
        N_(
            "Load the right key into your agent (`ssh-add`), and have it among the authorized keys of {user} there.",
            user=way.user,
        ),
    )


def _no_files(way: Way, said: str) -> NotYet:
    reason = N_("it opens no drop box for user {user}", user=way.user)
    if said.strip():
        reason = N_("it opens no drop box for user {user} and says: {words}", user=way.user, words=short_words(said))
    return unreachable(
        way.peer, reason, N_("Sign in there as tancopy: leave USER@ out, and drop boxes are opened as that user.")
    )


def _no_sftp(way: Way, path: str, error: Exception) -> NotYet:
    return NotYet(
        "peer-refused",
        N_(
            "{peer} answers in a way that is not SFTP ({path}): {reason}.",
            peer=way.peer.name,
            path=path,
            reason=short_words(str(error)),
        ),
        N_("Check that it is an appliance, and that nothing over there writes into its answers."),
    )


def _usable(name: str) -> bool:
    try:
        return os.fsencode(one_component(name)) == os.fsencode(name)
    except (AnswerRefused, UnicodeError):
        return False
