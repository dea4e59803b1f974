"""The private halves of the host keys: Ed25519, and RSA 3072 for older clients.

Invariants: a host key that exists is never replaced but by the next one of its type, which lay beside it and was
announced: everybody who pinned it would be turned away. Each is opened once, and leaves here only as a signature: of
what has the form of an exchange hash (RFC 4253 §8), or of a proof to one session that this key is here (OpenSSH's
PROTOCOL §2.5). Whichever file of an adoption a death leaves behind, adopting again ends it.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tanos.appliance import Appliance
from tanos.errors import Damaged, NotToBeAsked
from tanos.files import sync_directory, wipe, write_whole
from tanos.keys.host_keys import HOST_KEYS, host_key_file, public_file
from tanos.keys.key_file import SshPrivateKey, load_private, open_ssh_private, public_half, ssh_signature
from tanos.keys.public_key import SshPublicKey
from tanos.message import N_
from tanos.secret import Secret

RSA_BITS = 3072
PROOF = b"hostkeys-prove-00@openssh.com"
HASHES = frozenset({32, 48, 64})
"""Bytes of an exchange hash: SHA-256, SHA-384, SHA-512."""
NEXT, RETIRED = ".next", ".retired"
"""Ends of the names of a key that is announced only, and of one that is to be wiped."""
_Pair = tuple[SshPublicKey, SshPrivateKey]


@dataclass(frozen=True)
class _Opened:
    """What was read from files that looked like `stamp`."""

    stamp: tuple[object, ...] = ()
    pairs: tuple[_Pair, ...] = ()
    by_fingerprint: dict[str, _Pair] = field(default_factory=dict)
    """Former ones too: who came by one is still proved to, when keys are exchanged anew."""


@dataclass(frozen=True)
class NewHostKey:
    """A host key that lies nowhere yet."""

    line: str
    private: Secret


class HostPairs:
    """The host keys of one appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self._directory = appliance.ssh
        self._comment = f"root@{appliance.identity.name}"
        self._read = _Opened()

    def make(self) -> None:
        """Make those that are missing. Raises OSError."""
        for name in HOST_KEYS:
            path = self._directory / name
            if path.exists():
                continue
            made = _new_key(name)
            write_whole(public_file(path), public_half(made, self._comment).line.encode() + b"\n", 0o644)
            write_whole(path, open_ssh_private(made).reveal())

    def new_next(self, kind: str) -> NewHostKey:
        """Make a key that may follow the one of that kind, and write it nowhere. Raises KeyError."""
        made = _new_key(host_key_file(kind))
        return NewHostKey(public_half(made, self._comment).line, open_ssh_private(made))

    def keep_next(self, kind: str, made: NewHostKey) -> None:
        """Put the key that follows the one of that kind beside it. Raises OSError, KeyError."""
        write_whole(_beside(self._directory / host_key_file(kind), NEXT), made.private.reveal())

    def drop_next(self, kind: str, line: str) -> None:
        """Wipe the next key, which is that of `line` or can no longer be read; another one stays.

        Where that is done already, nothing happens. Raises OSError, KeyError.
        """
        following = _beside(self._directory / host_key_file(kind), NEXT)
        if not following.exists():
            return
        with suppress(Damaged):
            if public_half(_open(following), self._comment).line != line:
                return
        wipe(following)

    def adopt_next(self, kind: str, line: str) -> None:
        """Put the next key, which must be that of `line`, in the place of the present one, and wipe that.

        Where that is done already, nothing happens. Raises OSError, Damaged `damaged-key`, also where the key of
        `line` is not here.
        """
        path = self._directory / host_key_file(kind)
        following, retired = _beside(path, NEXT), _beside(path, RETIRED)
        if following.exists() and public_half(_open(following), self._comment).line == line:
            with suppress(Damaged):
                self._opened()
            _let_go(retired, path)
            retired.hardlink_to(path)
            following.rename(path)
            sync_directory(self._directory)
        present = public_half(_open(path), self._comment)
        if present.line != line:
            raise _unreadable(following)
        write_whole(public_file(path), present.line.encode() + b"\n", 0o644)
        _let_go(retired, path)

    def public_keys(self) -> list[SshPublicKey]:
        """Return the public halves of those that can sign, the preferred first and the next of each kind last.

        Raises Damaged `damaged-key`.
        """
        return [public for public, _ in self._opened().pairs]

    def sign(self, fingerprint: str, algorithm: str, data: bytes) -> bytes:
        """Return the SSH signature by the key of that fingerprint.

        Raises Damaged `damaged-key`; NotToBeAsked where there is no such key, and where it cannot sign that way.
        """
        if len(data) not in HASHES:
            raise NotToBeAsked("no exchange hash")
        _, private = self._found(fingerprint)
        return ssh_signature(private, algorithm, data)

    def prove(self, fingerprint: str, algorithm: str, session: bytes) -> bytes:
        """Return the SSH signature that proves the key of that fingerprint to a client who is signed in.

        What is signed names its purpose, the session and the key, so that it is no exchange hash and proves nothing
        elsewhere. Raises as `sign` does.
        """
        if len(session) not in HASHES:
            raise NotToBeAsked("no session")
        public, private = self._found(fingerprint)
        signed = b"".join(len(part).to_bytes(4) + part for part in (PROOF, session, public.blob))
        return ssh_signature(private, algorithm, signed)

    def _found(self, fingerprint: str) -> _Pair:
        try:
            return self._opened().by_fingerprint[fingerprint]
        except KeyError:
            raise NotToBeAsked("no such host key") from None

    def lines(self) -> list[str]:
        """Return the lines that lie beside them for others to pin, of which none is opened."""
        files = [public_file(self._directory / name) for name in HOST_KEYS]
        return [file.read_text().strip() for file in files if file.exists()]

    def _opened(self) -> _Opened:
        """Read the files, where they are others than when they were last read."""
        before = self._read
        paths = [self._directory / name for name in HOST_KEYS]
        following = [_beside(path, NEXT) for path in paths]
        stamp = tuple(_looks(path) for path in (*paths, *following))
        if stamp == before.stamp:
            return before
        opened = [_open(path) for path in paths if path.exists()]
        for path in following:
            with suppress(Damaged):  # nobody needs it yet
                opened += [_open(path)] if path.exists() else []
        pairs = tuple((public_half(private, self._comment), private) for private in opened)
        known = {**before.by_fingerprint, **{public.fingerprint: (public, private) for public, private in pairs}}
        self._read = _Opened(stamp, pairs, known)
        return self._read


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _looks(path: Path) -> object:
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size
    return None


def _let_go(retired: Path, present: Path) -> None:
    """Wipe a key that is retired; remove the mere name, where it is still the present one."""
    if not retired.exists():
        return
    if retired.samefile(present):
        retired.unlink()
    else:
        wipe(retired)


def _open(path: Path) -> SshPrivateKey:
    try:
        return load_private(Secret(path.read_bytes()), path.name)
    except (OSError, Damaged) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> Damaged:
    return Damaged(
        "damaged-key",
        N_("The host key {name} of this appliance cannot be read.", name=path.name),
        N_("Restore it from a backup of this appliance."),
    )


def _new_key(name: str) -> SshPrivateKey:
    if "rsa" in name:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ed25519.Ed25519PrivateKey.generate()
