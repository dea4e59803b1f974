"""Issue 5, gate 4: a batch of requests answered, serials and certificates durable, against verify-CSR plus sign."""

import asyncio
import gc
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tanos.appliance import Appliance
from tanos.certificates.request import pem_of
from tanos.exchange.examining import Answer, Examiner
from tanos.exchange.held_root import needed_root
from tanos.exchange.import_requests import IMPORT_REQUESTS
from tanos.exchange.issuing import PART, issue_all
from tanos.keeper import Keeper
from tanos.operation import silent
from tests.bench.measure import Gate, in_turn, timed
from tests.conftest import TS1, bare_appliance, call

RUNS = 15


def measure() -> Iterator[Gate]:
    """Measure batches of both in turn, and one through `/incoming` and `/outgoing`."""
    with tempfile.TemporaryDirectory() as temporary:
        appliance = bare_appliance(Path(temporary) / "ts1", TS1)
        appliance.clock = lambda: datetime.now(UTC)
        keeper = Keeper(appliance)
        keeper.make_root()
        root, key = needed_root(appliance), load_pem_private_key((appliance.root / "tanium.pvk").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        ders = [keeper.make_request("reporting", f"zs{each}.lab.test", []) for each in range(PART * (RUNS + 2))]
        parts = iter([ders[at : at + PART] for at in range(0, len(ders), PART)])
        tbs = root.tbs_certificate_bytes
        gc.collect()
        gc.freeze()  # as the warm parent does before it forks the process that issues

        def ours() -> None:
            judged = Examiner(appliance, root).examine_all(next(parts))
            answers = [each for each in judged if isinstance(each, Answer)]
            assert sum(len(part) for part in issue_all(call(appliance), answers)) == PART

        def peer() -> None:
            for der in ders[:PART]:
                assert x509.load_der_x509_csr(der).is_signature_valid
                key.sign(tbs, ec.ECDSA(hashes.SHA384()))

        mine, floor = in_turn(ours, peer, runs=RUNS)
        whole = timed(lambda: asyncio.run(_by_files(appliance, next(parts))))
    yield Gate(
        f"issue 5: {PART} requests answered, serials durable, against verify-CSR plus sign-certificate",
        f"{mine}, {PART / mine.median:.0f}/s; from /incoming to /outgoing {whole * 1000:.0f} ms",
        f"{floor}, {PART / floor.median:.0f}/s",
        floor.median / mine.median, 0.75,
    )  # fmt: skip


async def _by_files(appliance: Appliance, ders: list[bytes]) -> None:
    for number, der in enumerate(ders):
        (appliance.incoming / f"{number}.csr").write_text(pem_of(der, "CERTIFICATE REQUEST"))
    plan = await IMPORT_REQUESTS.prepare(call(appliance))
    assert len((await IMPORT_REQUESTS.apply(call(appliance), plan, silent)).data["issued"]) == len(ders)
