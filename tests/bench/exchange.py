"""Gate 1: the whole exchange by verbs over ssh, against a shell script with openssl, sftp and ssh."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.lab import Measured, measured_lab
from tests.bench.measure import Gate, in_turn
from tests.bench.openssh import sshd

SCRIPT = Path(__file__).with_name("exchange.sh")


def measure() -> Iterator[Gate]:
    """Measure both in turn."""
    with tempfile.TemporaryDirectory() as temporary, measured_lab() as lab:
        base = Path(temporary)
        _peer_files(base)
        with sshd(base / "sshd", "ts1", "zs1") as config:
            ours, peer = in_turn(lambda: _ours(lab), lambda: _peer(config, base), runs=9)
    yield Gate(
        "1 whole exchange by verbs, against a script with openssl, sftp and ssh",
        str(ours), str(peer), peer.median / ours.median, 5.0,
    )  # fmt: skip


def _ours(lab: Measured) -> None:
    code = lab.verb("zs1", "zone-server create-csr --send --peer ts1 --yes")["check_code"]
    lab.verb("ts1", f"zone-server import-request --from incoming --file reporting-{code[:4]}.csr --yes")
    assert lab.verb("zs1", "zone-server import-certificate --from peer --peer ts1 --yes")["check_code"] == code


def _peer(config: Path, base: Path) -> None:
    subprocess.run([str(SCRIPT), str(config), str(base)], check=True, capture_output=True)


def _peer_files(base: Path) -> None:
    for name in ("ts1", "zs1"):
        (base / name).mkdir()
    root, key = base / "ts1" / "tanium.pub", base / "ts1" / "tanium.pvk"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes",
         "-keyout", str(key), "-out", str(root), "-subj", "/CN=ts1.lab.test Root 0", "-days", "4000",
         "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
        check=True, capture_output=True,
    )  # fmt: skip
    (base / "zs1" / "tanium.pub").write_bytes(root.read_bytes())
