"""What is said of certificates whose next one is due, and what an operator does about each."""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.dates import SOON_DAYS, days_left
from tanos.certificates.pair_kinds import REPORTING, SOAP, SSL
from tanos.errors import TanosError
from tanos.exchange.offers import REQUESTER, ROOT_IMPORT
from tanos.finding import Finding, Severity, warn
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_, Deed, Message
from tanos.moments import moment_text
from tanos.relying.asking import GLANCE_SECONDS, is_there
from tanos.renewal.held import ROOT_NAME, Held, Relied, Survey, survey, with_relying
from tanos.renewal.memo import looked_at, note_nothing_due, nothing_is_due
from tanos.report import Mark, Say

_HTTPS = {SOAP.name, SSL.name}


def warnings(appliance: Appliance, found: Survey) -> tuple[Finding, ...]:
    """Return a warning for each certificate that is damaged, whose next one is due, or that was not given on."""
    due = (_warning(appliance, each) for each in found.due(appliance.clock()))
    behind = (_behind(held, each) for held, each in found.behind())
    return (*(Finding(one.id, Severity.WARN, one.message, one.remedy) for one in found.damages), *due, *behind)


def due_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each of them, as it stands above the main menu."""
    relied = is_there(appliance)
    if not relied and nothing_is_due(appliance):
        return ()
    looked = looked_at(appliance)
    try:
        found = survey(appliance)
    except TanosError:
        return ()
    if relied:
        found = with_relying(appliance, found, GLANCE_SECONDS)
    elif not found.damages and not found.due(appliance.clock()):
        note_nothing_due(appliance, looked, [each.certificate for each in found.held])
    due = (_line(appliance, each) for each in found.due(appliance.clock()))
    behind = (_behind_line(held, each) for held, each in found.behind())
    return tuple(Say(line, Mark.WARN) for line in (*due, *behind))


def is_renewable(appliance: Appliance, held: Held) -> bool:
    """Say whether it is renewed here: its request made, or by this server's own root at once."""
    if held.name == REPORTING.name:
        return keeper_of(appliance).holds_root() or REQUESTER.holds_for(appliance.identity)
    return held.name in _HTTPS


def next_deed(appliance: Appliance, held: Held) -> Deed | None:
    """Return what is done about it here; None where nothing can be."""
    if held.waiting:
        return deeds.IMPORT_CERTIFICATE if held.name == REPORTING.name else deeds.INSTALL_ANSWER
    if is_renewable(appliance, held):
        return deeds.RENEW_CERTIFICATE.of(held.name)
    return deeds.IMPORT_ROOT if held.name == ROOT_NAME and ROOT_IMPORT.holds_for(appliance.identity) else None


def what_to_do(appliance: Appliance, held: Held) -> Message:
    """Say it, by a way that this appliance offers."""
    deed = next_deed(appliance, held)
    if deed is None:
        if held.name == ROOT_NAME:
            return N_("Everything that this root issued ends with it: plan its replacement with your support.")
        return N_("It is not replaced from this menu on this role and release: plan its renewal with your support.")
    if held.waiting:
        return N_("Its request waits for the answer: {deed}.", deed=deed)
    if held.name == ROOT_NAME:
        return N_("Import the new root of the Tanium Server ({deed:key}) as soon as there is one.", deed=deed)
    return N_("Have the next one issued: {deed}.", deed=deed)


def _warning(appliance: Appliance, held: Held) -> Finding:
    days, end = days_left(held.certificate, appliance.clock()), moment_text(held.certificate.not_valid_after_utc)
    remedy = what_to_do(appliance, held)
    if held.is_of_other_root:
        return warn("other-root", N_("{name} is signed by another root than the one here.", name=held.file), remedy)
    if days < 0:
        return warn("expired", N_("{name} ended on {end}.", name=held.file, end=end), remedy)
    if days < SOON_DAYS:
        said = N_(
            "{name} ends on {end}, in {count} day.",
            "{name} ends on {end}, in {count} days.",
            name=held.file,
            end=end,
            count=days,
        )
        return warn("expiry-soon", said, remedy)
    said = N_("{name} is past two thirds of its life; it ends on {end}.", name=held.file, end=end)
    return warn("renewal-due", said, remedy)


def _behind(held: Held, relied: Relied) -> Finding:
    return warn(
        "relying-behind",
        N_("{name} was not given this {file} yet.", name=inert(relied.name), file=held.file),
        N_("Give it: {install}.", install=deeds.INSTALL_RELYING.of(relied.name)),
    )


def _behind_line(held: Held, relied: Relied) -> Message:
    return N_(
        "{name} has not the {file} in use ({deed:key})",
        name=inert(relied.name),
        file=held.file,
        deed=deeds.INSTALL_RELYING.of(relied.name),
    )


def _line(appliance: Appliance, held: Held) -> Message:
    days, deed = days_left(held.certificate, appliance.clock()), next_deed(appliance, held) or deeds.LIST_CERTIFICATES
    if held.is_of_other_root:
        return N_("{name} is signed by another root than the one here ({deed:key})", name=held.file, deed=deed)
    if days < 0:
        return N_("{name} has ended ({deed:key})", name=held.file, deed=deed)
    return N_(
        "{name} ends in {count} day ({deed:key})",
        "{name} ends in {count} days ({deed:key})",
        name=held.file,
        count=days,
        deed=deed,
    )
