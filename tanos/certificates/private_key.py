"""A private key as it comes from people: PEM of the new form or a traditional one, with what else stands in the file.

Invariant: exactly one key, without a passphrase. Nothing of a key stands in any refusal.
"""

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse
from tanos.message import N_

_KEY_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_ENCRYPTED = (b"ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")


def read_private_key(raw: bytes, *, is_proved: bool = False) -> PrivateKeyTypes:
    """Return the private key in a file.

    `is_proved`: the caller verifies a signature made with it, so that the primes of an RSA key need no test, which
    would take longer than all else. Raises AnswerRefused `two-keys`, `key-encrypted`, `key-unreadable`.
    """
    blocks = {match[0] for match in _KEY_BLOCK.finditer(raw)}
    if len(blocks) > 1:
        raise AnswerRefused.because(
            refuse(
                "two-keys",
                N_("There are {count} private keys in it.", count=len(blocks)),
                N_("Send the one that belongs to the certificate alone."),
            )
        )
    if any(mark in raw for mark in _ENCRYPTED):
        raise key_encrypted()
    load, data = (load_pem_private_key, blocks.pop()) if blocks else (load_der_private_key, raw)
    try:
        return load(data, None, unsafe_skip_rsa_key_validation=is_proved)
    except TypeError as error:
        raise key_encrypted() from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AnswerRefused.because(key_unreadable()) from error


def key_encrypted() -> AnswerRefused:
    """Return the refusal of a key that has a passphrase."""
    return AnswerRefused.because(
        refuse(
            "key-encrypted",
            N_("The key has a passphrase."),
            N_("Remove it where the key was made: openssl pkey -in WITH.key -out PLAIN.key; give that."),
        )
    )


def key_unreadable() -> Finding:
    """Return the refusal of what is no private key."""
    return refuse(
        "key-unreadable",
        N_("This is no private key that can be read."),
        N_("Send it as PEM, from -----BEGIN PRIVATE KEY----- to its END line."),
    )
