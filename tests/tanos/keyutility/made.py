"""Root keys in every form that people have them in, made by openssl, and the jobs called as the program does."""

import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tanos.keyutility.issue import IssueWanted, issue
from tanos.keyutility.request import RequestWanted, make_request
from tanos.operation import Result, silent

_KEYS = {
    "RSA, PKCS#8": "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
    "RSA, traditional": "genrsa -traditional 2048",
    "P-256, PKCS#8": "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    "P-256, traditional": "ecparam -name prime256v1 -genkey -noout",
    "P-384, with its parameters": "ecparam -name secp384r1 -genkey",
    "P-521, PKCS#8": "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521",
    "P-521, traditional": "ecparam -name secp521r1 -genkey -noout",
}
ROOT_KEYS = tuple(_KEYS)
BAD_KEYS = {
    "RSA 1024": ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024", "weak-key"),
    "RSA with exponent 3": (
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
        "broken-key",
    ),
    "Ed25519": ("genpkey -algorithm ED25519", "key-type"),
    "secp256k1": ("ecparam -name secp256k1 -genkey -noout", "key-type"),
    "with a passphrase": (
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:x",
        "key-encrypted",
    ),
}


def openssl(*words: str | Path, stdin: bytes = b"") -> bytes:
    """Run openssl to its good end."""
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True, timeout=60).stdout


@cache
def key_made(form: str) -> bytes:
    """Return a key, the same for the same form in one run."""
    return openssl(*(_KEYS.get(form) or BAD_KEYS[form][0]).split())


def root_in(directory: Path, form: str = "P-256, traditional", days: int = 30) -> Path:
    """Put `tanium.pvk` and `tanium.pub` there; return the key's path."""
    key = directory / "tanium.pvk"
    key.touch(0o600)
    key.write_bytes(key_made(form))
    made = openssl(
        *("req", "-x509", "-new", "-key", key, "-subj", "/CN=Lab Root", "-days", str(days), "-sha256"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    (directory / "tanium.pub").write_bytes(made)
    return key


def requested(directory: Path, *names: str, overwrite: bool = False, existing_key: bool = False) -> Result:
    """Make `reporting.pvk` and `reporting.csr` there."""
    key, csr = directory / "reporting.pvk", directory / "reporting.csr"
    return make_request(RequestWanted(key, csr, names or ("zs1.lab.test",), overwrite, existing_key), silent)


def issued(directory: Path, out: str = "reporting.crt", *, days: int = 20, overwrite: bool = False) -> Result:
    """Have the request there answered by the root there."""
    wanted = IssueWanted(
        directory / "reporting.csr", directory / out, directory / "tanium.pvk", days=days, overwrite=overwrite
    )
    return issue(wanted, datetime.now(UTC))
