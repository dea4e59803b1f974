"""KeyUtility as a person starts it, against the least that any program of its kind takes: loading the library.

Each run reads its files, judges, signs and writes durably; a pair that signs itself waits for an RSA key above all.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Gate, in_turn
from tests.tanos.keyutility.made import requested, root_in

RUNS = 15
MOST = 2.5
PROGRAM = (sys.executable, "-c", "import sys; from menus.key_utility.program import main; sys.exit(main())")
"""As an installed script starts it."""
ROOTS = {"a P-384 root": "P-384, with its parameters", "an RSA 2048 root": "RSA, traditional"}


def measure() -> Iterator[Gate]:
    """Issue by two roots, make a request, and make a pair."""
    with tempfile.TemporaryDirectory(prefix="tanos-bench-") as temporary:
        base = Path(temporary)
        for name, form in ROOTS.items():
            root_in(base, form, days=9000)
            requested(base, overwrite=True)
            (base / "reporting.crt").unlink(missing_ok=True)
            yield _against(base, f"5.1 KeyUtility reporting-tls-issue with {name}", "reporting-tls-issue")
        asked = ("reporting-tls-request", "--hostname", "zs1.lab.test", "--overwrite")
        yield _against(base, "5.1 KeyUtility reporting-tls-request", *asked)
        pair = ("selfsign", "--export-csr", "--hostname", "ts1.lab.test", "--out", "SOAPServer", "--overwrite")
        yield _against(base, "- KeyUtility selfsign", *pair, promised=None)


def _against(base: Path, name: str, *words: str, promised: float | None = MOST) -> Gate:
    ours, peer = in_turn(
        lambda: subprocess.run([*PROGRAM, *words], cwd=base, env=_environment(), check=True, capture_output=True),
        lambda: subprocess.run([sys.executable, "-c", "import cryptography.x509"], cwd=base, check=True),
        runs=RUNS,
    )
    return Gate(
        name, str(ours), f"{peer}, import cryptography.x509", ours.median / peer.median, promised, at_most=True
    )


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])}
