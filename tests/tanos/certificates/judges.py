"""Other people's programs, asked for their opinion: openssl, certtool, pkilint."""

import shutil
import subprocess
import sys
from pathlib import Path


def _ask(*words: str | Path) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def assert_request_is_good(csr: Path) -> None:
    """Both families of parsers verify the request's own signature."""
    assert _ask("openssl", "req", "-verify", "-noout", "-in", csr).startswith("0")
    if shutil.which("certtool"):
        assert "Self signature: verified" in _ask("certtool", "--crq-info", "--infile", csr)


def assert_certificate_is_good(leaf: Path, root: Path, name: str) -> None:
    """The strictest chain check, for both purposes; a second library; and a linter without a word above INFO."""
    for purpose in ("sslserver", "sslclient"):
        words = ("openssl", "verify", "-x509_strict", "-CAfile", str(root), "-purpose", purpose)
        verdict = _ask(*words, "-verify_ip" if _is_address(name) else "-verify_hostname", name, leaf)
        assert verdict.startswith("0"), verdict
    if shutil.which("certtool"):
        trust = ("--load-ca-certificate", str(root), "--verify-hostname", name)
        assert "Verified. The certificate is trusted." in _ask("certtool", "--verify", *trust, "--infile", leaf)
    assert_lints_clean(leaf)


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()


def assert_lints_clean(certificate: Path) -> None:
    """The RFC 5280 linter finds no warning and no error."""
    linter = Path(sys.executable).with_name("lint_pkix_cert")
    verdict = _ask(linter, "lint", "-s", "WARNING", certificate)
    assert verdict.startswith("0"), verdict
