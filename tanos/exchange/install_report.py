"""What an operator sees before and after a pair is installed or put back."""

from typing import Any

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.chain import Answer
from tanos.certificates.pair_kinds import REPORTING
from tanos.exchange.evidence import gather
from tanos.exchange.installed import certificate_data, current_version, installed_certificate
from tanos.exchange.serving import Serving
from tanos.finding import Finding
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.operation import Result
from tanos.report import Fact, Facts, Mark, Section
from tanos.settings.values import show_settings, tls_settings

NOT_SERVED = Serving()


def plan_sections(appliance: Appliance, answer: Answer) -> tuple[Section, ...]:
    """Return what will be installed and what it takes the place of."""
    data = certificate_data(answer.leaf, appliance.clock())
    rows = [
        Fact(N_("subject"), data["subject"]),
        Fact(N_("names"), ", ".join(data["names"])),
        Fact(N_("issuer"), data["issuer"]),
        Fact(N_("serial"), data["serial"]),
        Fact(N_("valid"), N_("from {start} to {end}", start=data["not_before"], end=data["not_after"])),
        Fact(N_("check code"), answer.check_code),
    ]
    version = current_version(appliance)
    if version:
        rows.append(Fact(N_("replaces"), N_("version {number}, which is kept", number=version)))
    return (Facts(tuple(rows)),)


def plan_data(appliance: Appliance, answer: Answer) -> dict[str, Any]:
    """Return the same for programs."""
    data = certificate_data(answer.leaf, appliance.clock())
    return {**data, "check_code": answer.check_code}


def report(
    appliance: Appliance,
    check_code: str,
    title: Message | None = None,
    told: tuple[Finding, ...] = (),
    serving: Serving = NOT_SERVED,
) -> Result:
    """Return what is installed now, with the handshake that proves it; `told` are findings of the Plan to repeat."""
    evidence = gather(appliance, check_code)
    version = current_version(appliance)
    certificate = installed_certificate(appliance)
    assert certificate
    values = tls_settings(appliance)
    kept = [
        one.number for one in keeper_of(appliance).versions(REPORTING.name) if one.intact and one.number != version
    ]
    facts = Facts(
        (
            Fact(N_("check code"), check_code, Mark.OK),
            Fact(N_("chain"), _chain(certificate.issuer.rfc4514_string(), certificate.subject.rfc4514_string())),
            evidence.fact,
            *serving.facts,
            Fact(N_("kept"), _kept(kept)),
        )
    )
    data = {
        "check_code": check_code,
        "version": version,
        "settings": values,
        "handshake": evidence.data,
        "served": serving.data,
        "not_after": certificate_data(certificate, appliance.clock())["not_after"],
        "kept": kept,
    }
    done = title or N_("Installed: reporting.crt and reporting.pvk, version {number}", number=version)
    return Result(done, (facts, show_settings(values)), (*told, *evidence.findings, *serving.findings), data)


def _chain(issuer: str, subject: str) -> Message:
    return N_("{issuer} ── {subject}", issuer=issuer, subject=subject)


def _kept(numbers: list[int]) -> Message:
    if not numbers:
        return N_("no earlier version")
    if len(numbers) == 1:
        return N_(
            "version {number}; {restore:key} puts it back", number=numbers[0], restore=deeds.RESTORE_CERTIFICATE
        )
    return N_(
        "versions {numbers}; {restore:key} puts one back",
        numbers=", ".join(map(str, numbers)),
        restore=deeds.RESTORE_CERTIFICATE,
    )
