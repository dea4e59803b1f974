"""The linters: one that found nothing in anything would prove nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.tanos.certificates.judges import linted, linted_list

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "no authority")])
NOW = datetime.now(UTC).replace(microsecond=0)


def test_they_say_what_is_wrong(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    naked = x509.CertificateBuilder(NAME, NAME, key.public_key(), 1, NOW, NOW + timedelta(days=1)).sign(key, SHA256())
    numberless = x509.CertificateRevocationListBuilder(NAME, NOW, NOW + timedelta(days=1)).sign(key, SHA256())
    for found, read in ((naked, linted), (numberless, linted_list)):
        (tmp_path / "it").write_bytes(found.public_bytes(Encoding.DER))
        code, said = read(tmp_path / "it")
        assert code > 0
        assert "(ERROR)" in said
