"""What kind of thing a DER is, told by its own parser and never by the label alone.

Invariant: of what was given only the subject is shown, inert. The X.509 library is imported at first use, so that a
verb that reads no certificate does not pay for it.
"""

import contextlib
import warnings

from tanos import deeds
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.pasting.awaited import Awaited
from tanos.pasting.first_bytes import is_pkcs7


def is_certificate(der: bytes) -> bool:
    """Tell whether `der` is read as a certificate."""
    return _certificate_subject(der) is not None


def read_certificates(der: bytes) -> tuple[bytes, ...]:
    """Return the certificates in `der`: itself, or the contents of a PKCS#7.

    Raises AnswerRefused `wrong-block` or `not-certificate`.
    """
    if is_pkcs7(der):
        certificates = _from_pkcs7(der)
        if certificates:
            return certificates
        raise _not_certificate(N_("This PKCS#7 holds no certificate that can be read."))
    if is_certificate(der):
        return (der,)
    if _request_subject(der) is not None:
        raise wrong_kind("CERTIFICATE REQUEST", der, Awaited.CERTIFICATE)
    raise _not_certificate(N_("What is inside cannot be read as a certificate."))


def wrong_kind(label: str, der: bytes, awaited: Awaited) -> AnswerRefused:
    """Return the refusal `wrong-block`: says what it is, and which line takes it where one does."""
    message = N_("This is a block of another kind: {label}.", label=inert(label))
    remedy = _copy_the_other(awaited)
    if (subject := _certificate_subject(der)) is not None or is_pkcs7(der):
        message = N_("This is a certificate ({subject}).", subject=inert(subject or "PKCS#7"))
        remedy = N_(
            "On the Zone Server, {import_certificate} takes it; here a certificate request is awaited.",
            import_certificate=deeds.IMPORT_CERTIFICATE,
        )
    elif (subject := _request_subject(der)) is not None:
        message = N_("This is a certificate request ({subject}).", subject=inert(subject))
        remedy = N_(
            "On the Tanium Server, {import_request} takes it; here a certificate is awaited.",
            import_request=deeds.IMPORT_REQUEST,
        )
    return AnswerRefused.because(refuse("wrong-block", message, remedy))


def _copy_the_other(awaited: Awaited) -> Message:
    if awaited is Awaited.REQUEST:
        return N_("Copy the block of the certificate request.")
    return N_("Copy only the blocks of the certificates.")


def _not_certificate(message: Message) -> AnswerRefused:
    return AnswerRefused.because(
        refuse("not-certificate", message, N_("It arrived damaged, or is something else: copy or send it again."))
    )


def _certificate_subject(der: bytes) -> str | None:
    from tanos.certificates.loaded import read_certificate

    with contextlib.suppress(AnswerRefused):
        return read_certificate(der).subject.rfc4514_string()
    return None


def _request_subject(der: bytes) -> str | None:
    from tanos.certificates.loaded import read_request

    with contextlib.suppress(AnswerRefused):
        return read_request(der).subject.rfc4514_string()
    return None


def _from_pkcs7(der: bytes) -> tuple[bytes, ...]:
    """Return them in whatever order they were packed; DER wants one that openssl does not keep to."""
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    from tanos.certificates.request_shape import UNREADABLE

    with contextlib.suppress(*UNREADABLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PKCS#7 certificates could not be parsed as DER", UserWarning)
        return tuple(found.public_bytes(Encoding.DER) for found in pkcs7.load_der_pkcs7_certificates(der))
    return ()
