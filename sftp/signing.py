"""SSH key pairs that are only half here: the keeper, which holds the private half, is asked for each signature.

Invariant: one object signs by one algorithm. The library keeps the algorithm that a client chose in the pair itself,
which all connections share; a pair of several would sign by the one that another client chose in between.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import asyncssh

from sftp.host_keys import ALGORITHMS
from sftp.keeping.asking import ask_soon
from tanos.keeper import Keeper
from tanos.keys.host_rotation import NextKey, shown_and_announced
from tanos.keys.public_key import fingerprint_of

Sign = Callable[[str, bytes], bytes]
"""Takes an algorithm and data; returns an SSH signature (RFC 4253 §6.6)."""
SignSoon = Callable[[str, bytes], Awaitable[bytes]]


class AskingPair(asyncssh.SSHKeyPair):
    """A key pair that signs by asking."""

    _key_type = "asking"

    def __init__(self, key: asyncssh.SSHKey, algorithm: str, sign: Sign, sign_soon: SignSoon | None = None) -> None:
        name = algorithm.encode()
        super().__init__(key.algorithm, name, (name,), (name,), key.public_data, key.get_comment_bytes())
        self.set_sig_algorithm(name)
        self._ask = partial(sign, algorithm)
        self._ask_soon = partial(sign_soon, algorithm) if sign_soon else None

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`, by this pair's one algorithm."""
        return self._ask(data)

    async def sign_soon(self, data: bytes) -> bytes:
        """Return the same, while the running loop goes on where that can be."""
        return await self._ask_soon(data) if self._ask_soon else self._ask(data)


def host_key_pairs(keeper: Keeper, among: Iterable[str], following: Iterable[NextKey] = ()) -> list[AskingPair]:
    """Return the host keys, once for each algorithm in `among`; the first of a kind is shown, the others announced.

    Raises Damaged `damaged-key`.
    """
    lines = shown_and_announced(keeper.host_public_keys(), following)
    keys = [asyncssh.import_public_key(line) for line in lines]
    return [
        AskingPair(
            key,
            algorithm,
            partial(keeper.sign_exchange, key.get_fingerprint("sha256")),
            partial(ask_soon, keeper, "sign_exchange", key.get_fingerprint("sha256")),
        )
        for key in keys
        for algorithm in ALGORITHMS[key.get_algorithm()]
        if algorithm in among
    ]


async def host_key_proof(keeper: Keeper, blob: bytes, algorithm: bytes, session: bytes) -> bytes:
    """Return the signature that proves an announced host key to one session. Raises as the keeper does."""
    proof: bytes = await ask_soon(keeper, "prove_host_key", fingerprint_of(blob), algorithm.decode("ascii"), session)
    return proof


def own_pair(keeper: Keeper, user: str) -> AskingPair:
    """Return the pair by which `user` signs in elsewhere. Raises NotYet `step-missing`, Damaged `damaged-key`."""
    key = asyncssh.import_public_key(keeper.ssh_public_line(user))
    best, *_ = ALGORITHMS[key.get_algorithm()]
    return AskingPair(key, best, partial(keeper.sign_in, user))
