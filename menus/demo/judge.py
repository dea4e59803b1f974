"""Programs that no one here wrote judge what is installed.

Invariant: the files are read where the services would read them (`certificates/reporting/current`), and the verdict
is the program's exit status or its own words.
"""

import sys
from pathlib import Path

from menus.demo.transcript import Transcript
from menus.lab.layout import Lab
from tanos.system import find_program, run_program, start_program


def judge(lab: Lab, tell: Transcript, zone: str, fqdn: str) -> None:
    """Judge the installed pair of a zone server."""
    current = lab.home(zone) / "certificates" / "reporting" / "current"
    certificate, key = current / "reporting.crt", current / "reporting.pvk"
    root = lab.home(zone) / "root" / "tanium.pub"
    openssl = find_program("openssl", "openssl")
    done = run_program([
        openssl, "verify", "-x509_strict", "-CAfile", str(root), "-purpose", "sslserver",
        "-verify_hostname", fqdn, str(certificate),
    ])  # fmt: skip
    tell.check(done.status == 0, "openssl verify -x509_strict", (done.stdout + done.stderr).decode())
    _lint(certificate, tell)
    _handshake(openssl, certificate, key, root, fqdn, tell)


def _lint(certificate: Path, tell: Transcript) -> None:
    lint = Path(sys.executable).with_name("lint_pkix_cert")
    if not lint.exists():
        tell.saw("pkilint is not installed here, so it was not asked")
        return
    done = run_program([str(lint), "lint", "-s", "WARNING", str(certificate)])
    tell.check(done.status == 0, "lint_pkix_cert lint -s WARNING", done.text)


def _handshake(openssl: str, certificate: Path, key: Path, root: Path, fqdn: str, tell: Transcript) -> None:
    server = start_program([
        openssl, "s_server", "-accept", "127.0.0.1:0", "-cert", str(certificate), "-key", str(key), "-tls1_2", "-www",
    ])  # fmt: skip
    try:
        port = _port(server.stdout)
        done = run_program([
            openssl, "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(root), "-servername", fqdn,
            "-verify_hostname", fqdn, "-verify_return_error", "-brief",
        ])  # fmt: skip
    finally:
        server.kill()
        server.communicate()
    seen = (done.stdout + done.stderr).decode(errors="replace")
    tell.check(done.status == 0 and "Verification: OK" in seen, "openssl s_client accepts what s_server serves", seen)


def _port(output: object) -> int:
    assert hasattr(output, "readline")
    while line := output.readline():
        if line.startswith(b"ACCEPT"):
            return int(line.rpartition(b":")[2])
    return 0
