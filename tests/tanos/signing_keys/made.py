"""Signing keys and signatures as openssl makes them."""

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

KINDS = {
    "EC P-256": "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    "RSA 2048": "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
    "Ed25519": "-algorithm ED25519",
    "RSA 1024": "-algorithm RSA -pkeyopt rsa_keygen_bits:1024",
    "Ed448": "-algorithm ED448",
}


def openssl(words: str, stdin: bytes = b"") -> bytes:
    """Run it. Raises CalledProcessError."""
    done = subprocess.run(["openssl", *words.split()], input=stdin, capture_output=True, timeout=60, check=True)
    return done.stdout


@cache
def private_pem(kind: str) -> bytes:
    """Return a private key, made once."""
    return openssl(f"genpkey {KINDS[kind]}")


def public_pem(kind: str) -> bytes:
    """Return its public half."""
    return openssl("pkey -pubout", private_pem(kind))


def signed(kind: str, data: bytes) -> bytes:
    """Return the signature of openssl over `data`."""
    with TemporaryDirectory() as place:
        key, file = Path(place) / "key.pem", Path(place) / "data"
        key.write_bytes(private_pem(kind))
        file.write_bytes(data)
        if kind == "Ed25519":
            return openssl(f"pkeyutl -sign -rawin -inkey {key} -in {file}")
        return openssl(f"dgst -sha256 -sign {key} {file}")
