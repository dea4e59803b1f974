"""The way through the menus: a stack of places, the same whether one came by keys or by a chain.

Invariant: a step that is refused moves nobody.
"""

from dataclasses import dataclass, field

from menus.item import Menu
from menus.perform import turned_away
from menus.walk import Errand, Place, meant, start, step
from tanos.actor import Call
from tanos.errors import NotOffered, WrongUse
from tanos.inert import inert
from tanos.message import N_


@dataclass
class Way:
    """Where the operator stands, and how he came there."""

    root: Menu
    call: Call
    stack: list[Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stack = self.stack or [start(self.root)]

    @property
    def here(self) -> Place:
        """The present place."""
        return self.stack[-1]

    @property
    def is_main(self) -> bool:
        """Whether this is the main menu."""
        return len(self.stack) == 1

    def back(self) -> None:
        """Go one place back; the main menu stays."""
        if not self.is_main:
            self.stack.pop()

    def main(self) -> None:
        """Go to the main menu."""
        del self.stack[1:]

    def go(self, typed: str) -> Errand | None:
        """Follow a key from here, or a chain from the main menu; return the errand it ends at.

        Raises WrongUse `unknown-key` or NotOffered `not-offered`.
        """
        stack, keys = self._way(typed)
        try:
            return self._follow(list(stack), keys)
        except NotOffered as error:
            turned_away(self.call, meant(stack[-1], keys), error)
            raise

    def _way(self, typed: str) -> tuple[list[Place], list[str]]:
        """Return from where which keys are followed: a chain starts at the main menu."""
        return (self.stack[:1], typed.strip("-").split("-")) if self._is_chain(typed) else (self.stack, [typed])

    def _is_chain(self, typed: str) -> bool:
        """A value of a list that is shown may hold a dash too."""
        return "-" in typed.strip("-") and not (self.here.picking and self._picks(typed))

    def _picks(self, typed: str) -> bool:
        pick = self.here.menu.pick
        options = pick.options(self.call.appliance) if pick else ()
        return any(option.value.casefold() == typed.casefold() for option in options)

    def _follow(self, stack: list[Place], keys: list[str]) -> Errand | None:
        for number, key in enumerate(keys, start=1):
            there = step(stack[-1], key, self.call)
            if isinstance(there, Errand):
                if number < len(keys):
                    raise WrongUse(
                        "unknown-key",
                        N_("There is nothing below {path}.", path=there.path),
                        N_("{key} leads nowhere from there.", key=inert(keys[number])),
                    )
                self.stack = stack
                return there
            stack.append(there)
        self.stack = stack
        return None
