"""Other people's programs, asked about lists of what is revoked: openssl and pkilint."""

import subprocess
from pathlib import Path

from tests.tanos.certificates.judges import linted_list


def _ask(*words: str | Path) -> tuple[int, str]:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def assert_list_is_good(crl: Path, root: Path) -> None:
    """The signature holds, and a linter finds no warning and no error."""
    code, said = _ask("openssl", "crl", "-in", crl, "-CAfile", root, "-noout", "-verify")
    assert code == 0, said
    assert "verify OK" in said
    code, said = linted_list(crl)
    assert code == 0, said


def is_refused(certificate: Path, crl: Path, root: Path) -> bool:
    """Say whether openssl refuses a certificate as revoked, by the strictest check of its chain."""
    words = ("openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", root, "-CRLfile", crl, certificate)
    code, said = _ask(*words)
    assert (code == 0) is ("certificate revoked" not in said), said
    return code != 0


def text_of(crl: Path) -> str:
    """Return what openssl reads."""
    return _ask("openssl", "crl", "-in", crl, "-noout", "-text")[1]
