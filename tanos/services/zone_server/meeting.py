"""A hub meets a zone server that has nothing to prove itself by: letters come down, a request goes up, no more.

Invariants: the hub has shown a certificate that was verified, the zone server nothing; so nothing is relayed here,
and what is signed is installed only where a root trusted here signed it. The certificate of this way is made for one
run, in memory, and is presented to nobody who does not ask for a meeting.
"""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tanos.services.key_words import LETTERS, SIGNED, WANTED
from tanos.services.line import Line
from tanos.services.listener import Connection
from tanos.services.protocol import SILENT_SECONDS, word
from tanos.services.tls import platform_server
from tanos.services.zone_server.hubs import signer_of
from tanos.services.zone_server.server_keys import LONGEST_LETTERS

LONGEST_SAID = 2 * LONGEST_LETTERS
_LASTS = timedelta(days=3650)


async def meet(connection: Connection, line: Line, roots_pem: str) -> None:
    """Hear what a hub brought, and ask for a key that is wanted. Raises BadFrame, OSError, TimeoutError."""
    said = await connection.read(SILENT_SECONDS, LONGEST_SAID) or {}
    server = signer_of(connection.certificate, roots_pem)
    with contextlib.suppress(PermissionError):  # what nobody signed who is trusted here
        await line.ask(LETTERS, letters=word(said, LETTERS, LONGEST_LETTERS), sender=server)
    wanted = await line.ask(WANTED, server=server)
    await connection.send({WANTED: wanted})
    answered = await connection.read(SILENT_SECONDS) or {}
    pem = word(answered, "certificate", LONGEST_LETTERS)
    if pem and wanted:
        await line.ask(SIGNED, root=wanted["root"], certificate=pem)
    await connection.send({"heard": True})


def meeting_context(root_pem: str) -> ssl.SSLContext:
    """Return what is presented to a hub for a meeting; he has to be verified by the roots."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "meeting")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pair = made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return platform_server(pair.decode(), root_pem)
