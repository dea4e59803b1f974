"""The root held open: its key is loaded once, proved to be the root's, and signs exactly the bytes of a Draft."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from tanos.certificates.check_code import spki_of
from tanos.certificates.der import BIT_STRING, SEQUENCE, tlv
from tanos.certificates.issue import Draft
from tanos.certificates.profile import signing_algorithm
from tanos.errors import Damaged
from tanos.message import N_


class HeldRoot:
    """A root certificate with its private key."""

    def __init__(self, certificate: x509.Certificate, key: PrivateKeyTypes) -> None:
        if spki_of(certificate.public_key()) != spki_of(key.public_key()):
            raise Damaged(
                "root-damaged",
                N_("tanium.pvk is not the private key of tanium.pub."),
                N_("Restore both from one backup; nothing was signed."),
            )
        self.certificate = certificate
        self._key = key
        self._identifier, self._hash = signing_algorithm(certificate.public_key())

    def sign(self, draft: Draft) -> x509.Certificate:
        """Return the certificate whose TBSCertificate is `draft.tbs`. Raises Damaged `root-damaged`."""
        signature = self._signature(draft.tbs)
        der = tlv(SEQUENCE, draft.tbs, self._identifier, tlv(BIT_STRING, b"\0", signature))
        try:
            certificate = x509.load_der_x509_certificate(der)
            certificate.verify_directly_issued_by(self.certificate)
        except Exception as error:
            raise Damaged(
                "root-damaged",
                N_("The root's signature does not verify, so the certificate was not issued."),
                N_("Check the root key and the machine's memory; nothing was handed out."),
            ) from error
        return certificate

    def _signature(self, tbs: bytes) -> bytes:
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(tbs, ec.ECDSA(self._hash))
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(tbs, padding.PKCS1v15(), self._hash)
        raise TypeError(type(self._key).__name__)
