"""A pair for HTTPS that does not serve is put back by the supervisor, where who put it in place looks no more.

Invariant: it goes back only to the certificate that a handshake showed last, never from one that was once seen
served, and once: what does not serve then either stays. It is a change like any other, recorded as begun and done.
"""

from collections.abc import Mapping
from contextlib import suppress

from cryptography import x509

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.https_pairs.served_pair import SERVED, ServedPair
from tanos.https_pairs.swap import Change, live_fingerprint, put_in_place
from tanos.keeper import keeper_of
from tanos.services.catalogue import HTTPS, Service
from tanos.services.last_served import last_served, note_gone_back
from tanos.services.served import Served


def serves_live(appliance: Appliance, service: Service, served: Mapping[str, Served]) -> bool:
    """Say whether a service serves the pair that is installed for it; so does one that has none, or a damaged one."""
    pair = _pair_of(service)
    shown = served[HTTPS].fingerprint if HTTPS in served else ""
    return pair is None or live_fingerprint(appliance, pair.kind.name) in ("", shown)


def go_back(appliance: Appliance, service: Service, problem: str) -> bool:
    """Have the pair that it served last in use again; say whether there was another one to go back to.

    Raises NotYet `busy`, `stale`, AnswerRefused `no-such-version`, Damaged `pair-damaged`, `disk-failed`.
    """
    pair, last = _pair_of(service), last_served(appliance).get(service.name)
    if pair is None or last is None:
        return False
    keeper, kind = keeper_of(appliance), pair.kind.name
    present, live = keeper.current(kind), live_fingerprint(appliance, kind)
    version = _version_with(appliance, kind, last.fingerprint)
    if version in (None, present) or live == last.fingerprint:
        return False
    back = Change("", lambda: keeper.restore(kind, version), live, last.fingerprint, present, pair, version)
    put_in_place(system_call(appliance, "put-back"), back)
    note_gone_back(appliance, service.name, live, problem)
    return True


def _pair_of(service: Service) -> ServedPair | None:
    return next((each for each in SERVED if each.service is service), None)


def _version_with(appliance: Appliance, kind: str, shown: str) -> int | None:
    """Return the newest kept version whose certificate has that fingerprint."""
    keeper = keeper_of(appliance)
    for version in keeper.versions(kind):
        pem = keeper.kept_certificate(kind, version.number) or b""
        with suppress(ValueError):  # no certificate, or a damaged one
            if fingerprint(x509.load_pem_x509_certificate(pem)) == shown:
                return version.number
    return None
