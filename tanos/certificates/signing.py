"""The root held open: its key is loaded once, proved to be the root's, and signs exactly the bytes of a Draft.

Invariant: for another process it makes no second root, whoever asks: what it signs names this root as issuer and says
CA:FALSE, or is a list of what is revoked; an authority it signs where one is asked for by that name, and none that
may sign another. Who has the key in his own memory could sign anything: looking at it there would guard nothing.

The proof (a signature made with the key and verified with the certificate) is given once, when the root is opened:
verifying a P-384 signature costs more than making one, so that doing it for each would halve the rate of issuing.
"""

from collections.abc import Callable
from functools import partial

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtensionOID

from tanos.certificates.check_code import spki_of
from tanos.certificates.profile import issuer_facts, signing_algorithm
from tanos.certificates.request_shape import UNREADABLE
from tanos.der import BIT_STRING, SEQUENCE, tlv
from tanos.errors import Damaged, NotToBeAsked, NotYet
from tanos.message import N_

_PROBE = b"tanos: does this key sign for this certificate?"
_NO_SIGNATURE = tlv(BIT_STRING, b"\0")


class HeldRoot:
    """A root certificate with its private key."""

    def __init__(self, certificate: x509.Certificate, key: PrivateKeyTypes) -> None:
        self.certificate = certificate
        self._identifier, self._hash = signing_algorithm(certificate.public_key())
        self._ecdsa = ec.ECDSA(self._hash)
        self._signature = self._signer(key)
        self._name, self._key_identifier = certificate.subject.public_bytes(), issuer_facts(certificate).identifier
        self._prove(key)

    def sign_leaf(self, tbs: bytes) -> bytes:
        """Return what `sign` returns, for another process. Raises NotToBeAsked for what is no leaf of this root."""
        self._check(tlv(SEQUENCE, tbs, self._identifier, _NO_SIGNATURE), is_authority=False)
        return self.sign(tbs)

    def sign_intermediate(self, tbs: bytes) -> bytes:
        """Return the certificate, DER, of an authority that signs certificates and no other authority.

        Raises NotToBeAsked for what is none of this root.
        """
        self._check(tlv(SEQUENCE, tbs, self._identifier, _NO_SIGNATURE), is_authority=True)
        return self.sign(tbs)

    def sign_list(self, tbs: bytes) -> bytes:
        """Return the revocation list, DER, whose TBSCertList is `tbs`. Raises NotToBeAsked for what is none."""
        try:
            issuer = x509.load_der_x509_crl(tlv(SEQUENCE, tbs, self._identifier, _NO_SIGNATURE)).issuer
            name = issuer.public_bytes()
        except UNREADABLE as error:
            raise NotToBeAsked(str(error)) from None
        if name != self._name:
            raise NotToBeAsked("another issuer")
        return self.sign(tbs)

    def sign(self, tbs: bytes) -> bytes:
        """Return what is signed, DER, whose TBSCertificate or TBSCertList is `tbs`.

        Raises NotYet `stale` for what was drafted for the key of another root.
        """
        if self._key_identifier not in tbs:
            raise _other_root()
        return tlv(SEQUENCE, tbs, self._identifier, tlv(BIT_STRING, b"\0", self._signature(tbs)))

    def sign_plain(self, data: bytes) -> bytes:
        """Return the signature over data that is no certificate and no list: it does not begin as they do."""
        if data.startswith(bytes((SEQUENCE,))):
            raise NotToBeAsked("a certificate")
        return self._signature(data)

    def _check(self, unsigned: bytes, *, is_authority: bool) -> None:
        try:
            certificate = x509.load_der_x509_certificate(unsigned)
            extensions = {extension.oid: extension.value for extension in certificate.extensions}
        except UNREADABLE as error:
            raise NotToBeAsked(str(error)) from None
        if self._key_identifier not in unsigned:
            raise _other_root()
        if certificate.issuer.public_bytes() != self._name:
            raise NotToBeAsked("another issuer")
        constraints, usage = extensions.get(ExtensionOID.BASIC_CONSTRAINTS), extensions.get(ExtensionOID.KEY_USAGE)
        if not isinstance(constraints, x509.BasicConstraints) or not isinstance(usage, x509.KeyUsage):
            raise NotToBeAsked("no word about an authority")
        if is_authority and constraints.path_length != 0:
            raise NotToBeAsked("an authority of authorities")
        if is_authority is not constraints.ca or is_authority is not usage.key_cert_sign or usage.crl_sign:
            raise NotToBeAsked("an authority" if constraints.ca or usage.key_cert_sign else "no authority")

    def _prove(self, key: PrivateKeyTypes) -> None:
        public_key = self.certificate.public_key()
        if spki_of(public_key) != spki_of(key.public_key()):
            raise _root_damaged()
        try:
            signature = self._signature(_PROBE)
            if isinstance(public_key, ec.EllipticCurvePublicKey):
                public_key.verify(signature, _PROBE, self._ecdsa)
            elif isinstance(public_key, rsa.RSAPublicKey):
                public_key.verify(signature, _PROBE, padding.PKCS1v15(), self._hash)
        except (InvalidSignature, ValueError) as error:
            raise _root_damaged() from error

    def _signer(self, key: PrivateKeyTypes) -> Callable[[bytes], bytes]:
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return partial(key.sign, signature_algorithm=self._ecdsa)
        if isinstance(key, rsa.RSAPrivateKey):
            return partial(key.sign, padding=padding.PKCS1v15(), algorithm=self._hash)
        raise TypeError(type(key).__name__)


def _other_root() -> NotYet:
    return NotYet(
        "stale",
        N_("The root was replaced in the meantime; nothing was signed."),
        N_("Look at it again: the next draft is for the root that is here now."),
    )


def _root_damaged() -> Damaged:
    return Damaged(
        "root-damaged",
        N_("tanium.pvk is not the private key of tanium.pub, or it is damaged."),
        N_("Restore both from one backup; nothing was signed."),
    )
