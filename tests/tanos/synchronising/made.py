"""Two Tanium Servers of 7.4 that trust each other, each with a TLS key of its own below its root."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.services.frames import HEAD, Frame, frame_bytes, parse_frame
from tanos.services.registered import write as write_registered
from tanos.settings.catalogue import setting_named
from tanos.settings.values import remove, value_of, write
from tanos.subordinate.held import held_keys, roots_in_use
from tanos.subordinate.own import make_own, wanted_roots
from tanos.synchronising.exchange import Synchroniser
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock
from tests.tanos.trust.made import exchange, known, meet, server, stand

ADDRESS = "10.0.0.1"


@dataclass
class Server:
    """One of the two."""

    appliance: Appliance
    keeps: Synchroniser

    @property
    def shown(self) -> bytes:
        """The certificate that it shows, DER."""
        roots = roots_in_use(self.appliance)
        (pem,) = (each.pem for each in held_keys(self.appliance, roots))
        return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)

    def set(self, name: str, value: str | None, component: str = "global") -> None:
        """Have a setting hold, as an operator would."""
        setting = setting_named(self.appliance.identity, name, component)
        with self.appliance.store.change(call(self.appliance, "settings set")) as change:
            if value is None:
                remove(change, setting)
            else:
                write(change, setting, setting.understood(value))

    def get(self, name: str, component: str = "global") -> int | str | None:
        """Return what holds."""
        return value_of(self.appliance, setting_named(self.appliance.identity, name, component))

    def sees(self, *names: str, **more: Any) -> None:
        """Have clients of those names registered, by id the same."""
        row = {"kind": "client", "release": "7.4", "protocol": 315, "via": "", "using_tls": True}
        rest = {"address": "192.0.2.1", "said": "", **more}
        write_registered(self.appliance, [{**row, **rest, "id": name, "name": name} for name in names])

    def elsewhere(self) -> dict[str, str]:
        """Return whom the other saw, and what they said."""
        rows = self.appliance.store.rows("SELECT name, said FROM registered_elsewhere ORDER BY id")
        return {row["name"]: row["said"] for row in rows}


def pair_of(directory: Path, clock: Clock) -> tuple[Server, Server]:
    """Make both, met and trusted, with their keys."""
    one, other = server(directory, "ts1", clock), server(directory, "ts2", clock)
    meet(one, other)
    for each in (one, other):
        stand(each, known(each).key, known(each).standing.accepted())
        make_own(call(each, "subordinate"), wanted_roots(each))
    exchange(one, other)
    return Server(one, Synchroniser(one)), Server(other, Synchroniser(other))


def synchronise(one: Server, other: Server, rounds: int = 100) -> int:
    """Have `one` go to `other`, until neither has more; return how many frames it sent."""
    answered = one.keeps.answer(other.shown, ADDRESS, None)
    for sent in range(1, rounds + 1):
        heard = other.keeps.answer(one.shown, ADDRESS, carried(answered.say)).say
        answered = one.keeps.answer(other.shown, ADDRESS, carried(heard))
        if answered.is_done:
            return sent
    raise AssertionError("it has no end")


def carried(frame: Frame) -> Frame:
    """Return a frame as it comes over a line."""
    return parse_frame(frame_bytes(frame)[HEAD:])
