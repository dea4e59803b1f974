"""The page of certificates: each in use here, by whom, for how long, and what is next."""

from collections.abc import Callable
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.dates import days_left
from tanos.errors import AnswerRefused, TanosError
from tanos.inert import inert
from tanos.message import N_, Message, listed
from tanos.operation import Inquiry, Result
from tanos.renewal.due import next_deed, warnings, what_to_do
from tanos.renewal.held import Held, Survey, data_of, survey, with_relying
from tanos.report import Fact, Facts, Mark, Say, Section, Table, Words
from tanos.revocation.standing import is_listed, own_findings

_NO_END = 9999
"""The year of a certificate that has no end (RFC 5280 section 4.1.2.5)."""


def page_state(appliance: Appliance) -> tuple[Section, ...]:
    """Return what stands above the page's lines."""
    try:
        return (_table(appliance, with_relying(appliance, survey(appliance))),)
    except TanosError as error:
        return (Say(error.message, Mark.FAIL),)


def certificates_data(appliance: Appliance, found: Survey) -> list[dict[str, Any]]:
    """Return them all for programs; `next` is the verb for what is due, empty where nothing is."""
    return [{**data_of(appliance, each), "next": _verb(appliance, each)} for each in found.held]


def find_held(appliance: Appliance, name: str, offers: Callable[[Held], bool] = lambda _: True) -> Held:
    """Return the one of that name, of its pair or its file.

    Raises AnswerRefused `no-such-certificate`, which names those that `offers` is true of.
    """
    held = survey(appliance).held
    for each in held:
        if name.strip().casefold() in {each.name.casefold(), each.file.casefold()}:
            return each
    raise AnswerRefused(
        "no-such-certificate",
        N_("There is no certificate {name} in use here.", name=inert(name)),
        N_("Choose one of: {choices}.", choices=", ".join(each.name for each in held if offers(each)) or "-"),
    )


async def _list(call: Call) -> Result:
    found = with_relying(call.appliance, survey(call.appliance))
    data = {"certificates": certificates_data(call.appliance, found)}
    findings = (*warnings(call.appliance, found), *own_findings(call.appliance))
    return Result(N_("Certificates in use"), (_table(call.appliance, found),), findings, data)


async def _show(call: Call, *, name: str) -> Result:
    appliance = call.appliance
    own = with_relying(appliance, Survey((find_held(appliance, name),), ()))
    (held,) = own.held
    data = data_of(appliance, held)
    mark = Mark.WARN if data["due"] else Mark.OK
    left = N_("{count} day", "{count} days", count=data["days_left"])
    facts = Facts(
        (
            Fact(N_("subject"), data["subject"]),
            Fact(N_("names"), ", ".join(data["names"]) or "-"),
            Fact(N_("issued by"), data["issuer"]),
            Fact(N_("serial"), data["serial"]),
            Fact(N_("valid"), N_("from {start} to {end}", start=data["not_before"], end=data["not_after"])),
            Fact(N_("left"), left, mark),
            Fact(N_("used by"), _users(held)),
            Fact(N_("version"), str(held.version or "-")),
            Fact(N_("check code"), data["check_code"]),
            Fact(N_("fingerprint"), data["fingerprint"]),
            Fact(N_("waiting request"), ", ".join(held.waiting) or "-"),
        )
    )
    then = () if data["due"] else (Say(what_to_do(appliance, held)),)
    told = {**data, "next": _verb(appliance, held)}
    revoked = own_findings(appliance) if is_listed(appliance, held.certificate) else ()
    return Result(N_("{file} in use", file=held.file), (facts, *then), (*revoked, *warnings(appliance, own)), told)


def _table(appliance: Appliance, found: Survey) -> Table:
    return Table(
        (N_("certificate"), N_("used by"), N_("valid until"), N_("days left"), N_("state")),
        tuple(_row(appliance, each) for each in found.held),
        empty=N_("No certificate is installed."),
    )


def _row(appliance: Appliance, held: Held) -> tuple[Words, ...]:
    end, left = held.certificate.not_valid_after_utc, days_left(held.certificate, appliance.clock())
    if end.year == _NO_END:
        return held.file, _users(held), N_("no end"), "", _state(appliance, held, left)
    return held.file, _users(held), end.date().isoformat(), str(left), _state(appliance, held, left)


def _users(held: Held) -> Words:
    users = held.used_by()
    return listed(*users) if users else "-"


def _state(appliance: Appliance, held: Held, left: int) -> Message:
    if is_listed(appliance, held.certificate):
        return N_("revoked")
    if held.waiting:
        return N_("request waits")
    if left < 0:
        return N_("ended")
    return N_("renew") if held.is_due(appliance.clock()) else N_("ok")


def _verb(appliance: Appliance, held: Held) -> str:
    deed = next_deed(appliance, held) if held.waiting or held.is_due(appliance.clock()) else None
    return f"{deed.verb} {deed.words}".rstrip() if deed else ""


LIST_CERTIFICATES = Inquiry(_list)
SHOW_CERTIFICATE = Inquiry(_show)
