"""What people and programs are told of each object: facts, what belongs together, findings.

Invariant: text from an object is data of a field, so that a face shows it inert.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from cryptography import x509

from tanos.certificates.asked import purpose_word, read_asked
from tanos.certificates.key_strength import key_words
from tanos.certificates.names import show_names
from tanos.certificates.root import is_issued_by
from tanos.errors import AnswerRefused
from tanos.exchange.installed import certificate_data
from tanos.finding import Finding, findings_data
from tanos.inspecting.found import KEYS, Found, What
from tanos.inspecting.judging import Purpose
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import Result
from tanos.report import Fact, Facts, Say, Section, Words

_LABELS: dict[str, Message] = {
    "container": N_("packed in"),
    "label": N_("its block says"),
    "subject": N_("subject"),
    "names": N_("names"),
    "issuer": N_("issued by"),
    "serial": N_("serial"),
    "not_before": N_("valid from"),
    "not_after": N_("valid until"),
    "days_left": N_("days left"),
    "purposes": N_("purposes"),
    "revoked": N_("certificates on it"),
    "key": N_("key"),
    "check_code": N_("check code"),
    "fingerprint": N_("fingerprint"),
}
"""Each fact as programs know it, in the order in which people read them."""


def told(objects: Sequence[Found], repairs: Sequence[Message], purpose: Purpose) -> Result:
    """Return everything about `objects`, which were judged."""
    each_data = [_data(number, found, objects, purpose) for number, found in enumerate(objects, 1)]
    sections: list[Section] = []
    if repairs:
        sections.append(Facts(tuple(Fact(N_("repaired"), repair) for repair in repairs)))
    for number, (found, data) in enumerate(zip(objects, each_data, strict=True), 1):
        sections += [Say(_head(number, found)), Facts(tuple(_facts(number, found, objects, data)))]
    title = N_("{count} object was found", "{count} objects were found", count=len(objects))
    findings = tuple(_named(number, found, objects) for number, found in enumerate(objects, 1))
    kind = purpose.kind.name if purpose.kind else None
    data = {"for": kind, "repairs": [str(each) for each in repairs], "objects": each_data}
    return Result(title, tuple(sections), sum(findings, ()), data)


def _head(number: int, found: Found) -> Message:
    if found.source:
        return N_("{number}. {what}, in {file}", number=number, what=found.what.label, file=found.source)
    return N_("{number}. {what}", number=number, what=found.what.label)


def _named(number: int, found: Found, objects: Sequence[Found]) -> tuple[Finding, ...]:
    """Return the findings of an object; where there are several, each says of which it is."""
    if len(objects) == 1:
        return found.findings
    return tuple(
        Finding(
            each.id, each.severity, N_("Of {number}: {message}", number=number, message=each.message), each.remedy
        )
        for each in found.findings
    )


def _facts(number: int, found: Found, objects: Sequence[Found], data: dict[str, Any]) -> Iterator[Fact]:
    for name, label in _LABELS.items():
        value = data.get(name)
        if value not in (None, "", []) and (name != "label" or found.what is What.OTHER):
            yield Fact(label, ", ".join(value) if isinstance(value, list) else _words(value))
    if data["belongs_to"]:
        yield Fact(N_("same key as"), ", ".join(map(str, data["belongs_to"])))
    if found.certificate is not None:
        yield Fact(N_("signed by"), _signer(number, data["issued_by"]))
    if found.what in KEYS:
        yield Fact(N_("shown of it"), N_("nothing but what its public half tells"))


def _words(value: object) -> Words:
    return value if isinstance(value, Message) else str(value)


def _signer(number: int, issuer: int | None) -> Words:
    if issuer is None:
        return N_("none of these")
    return N_("itself") if issuer == number else str(issuer)


def _data(number: int, found: Found, objects: Sequence[Found], purpose: Purpose) -> dict[str, Any]:
    code = found.check_code
    same = [at for at, each in enumerate(objects, 1) if at != number and code and each.check_code == code]
    data: dict[str, Any] = {
        "number": number,
        "what": found.what.word,
        "file": found.source or None,
        "container": found.container or None,
        "label": found.label or None,
        "belongs_to": same,
        **_own(found, purpose),
        "findings": findings_data(found.findings),
    }
    if found.certificate is not None:
        data["issued_by"] = _issuer(found.certificate, objects)
    return data


def _issuer(certificate: x509.Certificate, objects: Sequence[Found]) -> int | None:
    numbered = [(at, each.certificate) for at, each in enumerate(objects, 1) if each.certificate is not None]
    return next((at for at, above in numbered if is_issued_by(certificate, above)), None)


def _own(found: Found, purpose: Purpose) -> dict[str, Any]:
    key = {"key": key_words(found.public_key), "check_code": found.check_code} if found.public_key else {}
    if found.certificate is not None:
        return {**certificate_data(found.certificate, purpose.now), **key, "purposes": _purposes(found.certificate)}
    if found.request is not None:
        return {**_request(found.request), **key}
    if found.revocations is not None:
        return _revocations(found.revocations)
    return {**key, **({"fingerprint": found.ssh_fingerprint} if found.ssh_fingerprint else {})}


def _purposes(certificate: x509.Certificate) -> list[str]:
    try:
        return [
            purpose_word(oid) for oid in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        ]
    except x509.ExtensionNotFound:
        return []


def _request(request: x509.CertificateSigningRequest) -> dict[str, Any]:
    try:
        asked = read_asked(request)
    except AnswerRefused:
        return {}
    return {
        "subject": request.subject.rfc4514_string(),
        "names": list(show_names(asked.alt_names)),
        "purposes": [purpose_word(oid) for oid in asked.purposes],
    }


def _revocations(found: x509.CertificateRevocationList) -> dict[str, Any]:
    end = found.next_update_utc
    return {
        "issuer": found.issuer.rfc4514_string(),
        "not_before": moment_text(found.last_update_utc),
        "not_after": moment_text(end) if end else None,
        "revoked": len(found),
    }
