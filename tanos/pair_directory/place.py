"""A directory that holds the versions of one pair, and the link `current` to the one in use.

Invariants: the kind of a pair is told by the files that lie there, so that no other is ever put beside it. The home
of an appliance is never touched: there the keeper installs.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tanos.certificates.pair_files import version_number
from tanos.certificates.pair_kinds import CURRENT, KINDS, PairKind
from tanos.certificates.pairs import PairStore
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.inside import lies_in_home
from tanos.message import N_, Message


class PairDirectory:
    """One directory; it need not exist yet, but what it is to lie in must."""

    def __init__(self, path: Path, kind: PairKind | None = None) -> None:
        """Raises AnswerRefused `not-a-pair-directory`, `belongs-to-appliance`.

        `kind` is what is to be put there; without it, what lies there.
        """
        self.path = _checked(path)
        here = next(_kinds_in(self.path), None)
        if kind is None and here is None:
            raise _refused(self.path, N_("No pair was ever installed there."))
        if kind is not None and here not in {None, kind}:
            assert here is not None
            raise _refused(self.path, N_("The pair there is {files}.", files=f"{here.certificate}, {here.key}"))
        self.kind = kind or here or KINDS[0]
        self.store = PairStore(self.path.parent, replace(self.kind, name=self.path.name))

    @property
    def certificate(self) -> Path:
        """What a service is told as the path of its certificate."""
        return self.path / CURRENT / self.kind.certificate

    @property
    def key(self) -> Path:
        """What a service is told as the path of its key."""
        return self.path / CURRENT / self.kind.key


def _checked(path: Path) -> Path:
    absolute = path.absolute()
    if not absolute.name or absolute.name == ".." or not absolute.parent.is_dir():
        raise _refused(path, N_("There is no directory in which it could be made."))
    if absolute.is_symlink() or (absolute.exists() and not absolute.is_dir()):
        raise _refused(path, N_("It is no directory, or a link to one."))
    whole = absolute.parent.resolve() / absolute.name
    if lies_in_home(whole):
        raise AnswerRefused(
            "belongs-to-appliance",
            N_("{directory} lies in the home of an appliance.", directory=inert(str(path))),
            N_("There the appliance installs its certificates: sign in to it."),
        )
    current = whole / CURRENT
    if (current.exists() or current.is_symlink()) and _version_of(current) is None:
        raise _refused(path, N_("Its `current` is no link to a version of a pair."))
    return whole


def _version_of(current: Path) -> int | None:
    return version_number(str(current.readlink())) if current.is_symlink() else None


def _kinds_in(path: Path) -> Iterator[PairKind]:
    for version in sorted(path.glob("v*"), reverse=True):
        if version_number(version.name) is not None:
            yield from (kind for kind in KINDS if (version / kind.certificate).exists())


def _refused(path: Path, why: Message) -> AnswerRefused:
    return AnswerRefused(
        "not-a-pair-directory",
        N_("{directory} cannot be used: {why}", directory=inert(str(path)), why=why),
        N_("Name a directory that holds nothing else, or does not exist yet."),
    )
