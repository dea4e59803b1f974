"""The versions of a pair in a directory: listed, and an earlier one put back by the rename that installs."""

from dataclasses import dataclass
from typing import Any

from tanos.certificates.choosing import choose_version
from tanos.certificates.pair_files import Version
from tanos.finding import note
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Plan, Result
from tanos.pair_directory.place import PairDirectory
from tanos.report import Fact, Facts, Mark, Table


@dataclass(frozen=True)
class PuttingBack:
    """From which version to which."""

    place: PairDirectory
    version: Version
    present: int | None


def list_versions(place: PairDirectory) -> Result:
    """Return what is kept there, newest first."""
    live = place.store.current()
    versions = place.store.versions()
    rows = tuple(
        (f"v{each.number}", _state(each, live), each.not_after, each.check_code, each.installed_at, each.by)
        for each in versions
    )
    heads = (N_("version"), N_("state"), N_("valid until"), N_("check code"), N_("installed"), N_("by"))
    data = {"directory": str(place.path), "kind": place.kind.name, "current": live, "versions": _data(versions)}
    title = N_("{certificate} and {key}", certificate=place.kind.certificate, key=place.kind.key)
    return Result(title, (Table(heads, rows, N_("Nothing is kept.")),), (), data)


def plan_put_back(place: PairDirectory, asked: str) -> Plan[PuttingBack]:
    """Choose the version: `asked`, or else the newest below the present one.

    Raises AnswerRefused `no-such-version`, NotYet `step-missing`.
    """
    live = place.store.current()
    chosen = choose_version(place.store.versions(), asked.strip(), live)
    facts = Facts(
        (
            Fact(N_("in use"), N_("version {number}", number=live or "-")),
            Fact(N_("will be put back"), N_("version {number}", number=chosen.number)),
            Fact(N_("check code"), chosen.check_code),
            Fact(N_("valid until"), chosen.not_after),
        )
    )
    is_there = chosen.number == live
    told = note("already-installed", N_("This version is in use."), N_("There is nothing to do."))
    return Plan(
        N_("Put version {number} of the pair back", number=chosen.number),
        PuttingBack(place, chosen, live),
        (facts,),
        (told,) if is_there else (),
        {"version": chosen.number, "check_code": chosen.check_code, "present": live},
        NOTHING_TO_DO if is_there else YES,
    )


def put_back(putting: PuttingBack) -> Result:
    """Make it live. Raises Damaged `pair-damaged`, `disk-failed`; then the present one stays."""
    place, chosen = putting.place, putting.version
    if putting.version.number != putting.present:
        place.store.recover()
        place.store.restore(chosen.number)
    facts = Facts(
        (Fact(N_("check code"), chosen.check_code, Mark.OK), Fact(N_("certificate at"), str(place.certificate)))
    )
    data = {"version": place.store.current(), "check_code": chosen.check_code, "certificate": str(place.certificate)}
    return Result(N_("In use: version {number}", number=chosen.number), (facts,), (), data)


def _state(version: Version, live: int | None) -> Message:
    if version.number == live:
        return N_("in use")
    return N_("kept") if version.intact else N_("damaged")


def _data(versions: list[Version]) -> list[dict[str, Any]]:
    return [
        {
            "version": each.number,
            "check_code": each.check_code,
            "not_after": each.not_after,
            "installed_at": each.installed_at,
            "installed_by": each.by,
            "intact": each.intact,
        }
        for each in versions
    ]
