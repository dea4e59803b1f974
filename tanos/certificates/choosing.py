"""Which kept version of a pair is put back: the one that is named, or else the one before the present.

Invariant: without a name only a whole version is chosen; a damaged one has to be asked for, and is refused when it is
read.
"""

from collections.abc import Sequence

from tanos.certificates.pair_files import Version
from tanos.errors import AnswerRefused, NotYet
from tanos.inert import inert
from tanos.message import N_


def newest_first(versions: Sequence[Version]) -> list[Version]:
    """Return versions by their number, the highest first."""
    return sorted(versions, key=lambda version: version.number, reverse=True)


def restorable(versions: Sequence[Version], present: int | None) -> list[Version]:
    """Return those that are whole and not in use, newest first."""
    return [version for version in newest_first(versions) if version.intact and version.number != present]


def choose_version(versions: Sequence[Version], asked: str, present: int | None) -> Version:
    """Return the version `asked` for (`2`, `v2`, `v000002`), or else the newest below the present one.

    Raises AnswerRefused `no-such-version`, NotYet `step-missing`.
    """
    if not asked:
        earlier = restorable(versions, present)
        below = [version for version in earlier if version.number < (present or 0)] or earlier
        if not below:
            raise NotYet(
                "step-missing",
                N_("No earlier certificate is kept here."),
                N_("One is kept once a second certificate has been installed."),
            )
        return below[0]
    for version in versions:
        if asked.lower().lstrip("v0") == str(version.number):
            return version
    known = ", ".join(str(version.number) for version in newest_first(versions)) or "-"
    raise AnswerRefused(
        "no-such-version",
        N_("There is no version {version}; kept are {known}.", version=inert(asked), known=known),
        N_("Choose one of these."),
    )
