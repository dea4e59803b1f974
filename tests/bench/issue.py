"""Gate 2: issuing from a held-open root, against its two unavoidable operations (verify the CSR, sign)."""

import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tanos.certificates.issue import draft_certificate
from tanos.certificates.request import examine_request
from tanos.exchange.held_root import needed_root
from tanos.keeper import Keeper
from tests.bench.measure import Gate, in_turn
from tests.conftest import NOON, TS1, bare_appliance

BATCH = 40


def measure() -> Iterator[Gate]:
    """Measure batches of both in turn."""
    with tempfile.TemporaryDirectory() as temporary:
        appliance = bare_appliance(Path(temporary) / "ts1", TS1)
        keeper = Keeper(appliance)
        keeper.make_root()
        root = needed_root(appliance)
        request, _ = examine_request(keeper.make_request("reporting", "zs1.lab.test", ["zs1.lab.test"]))
        key = load_pem_private_key((appliance.root / "tanium.pvk").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        tbs = draft_certificate(request, root, now=NOON).tbs

        gc.collect()
        gc.freeze()  # as the warm parent does before it forks the process that issues

        def ours() -> None:
            for _ in range(BATCH):
                asked, _findings = examine_request(request.der)
                keeper.sign_certificate(draft_certificate(asked, root, now=NOON).tbs)

        def peer() -> None:
            for _ in range(BATCH):
                assert x509.load_der_x509_csr(request.der).is_signature_valid
                key.sign(tbs, ec.ECDSA(hashes.SHA384()))

        mine, floor = in_turn(ours, peer, runs=51)
    yield Gate(
        f"2 issue from a held-open root, against verify-CSR plus sign-certificate ({BATCH} each)",
        f"{mine}, {BATCH / mine.median:.0f}/s", f"{floor}, {BATCH / floor.median:.0f}/s",
        floor.median / mine.median, 0.75,
    )  # fmt: skip
