"""What the demo prints: each step as an operator would tell it, each check with its verdict.

Invariant: a check that does not hold ends the demo with a sentence; nothing is printed as true that was not seen.
"""

import time

import click

from tanos.errors import Damaged
from tanos.message import N_


class Transcript:
    """A readable record of what was done and seen."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.checks = 0

    def chapter(self, title: str) -> None:
        """Begin a part."""
        click.echo(f"\n{title}\n{'─' * len(title)}")

    def did(self, where: str, what: str) -> None:
        """Tell one step."""
        click.echo(f"  {where:<4} {what}")

    def saw(self, what: str) -> None:
        """Tell what stood on a screen or came back."""
        click.echo(f"         {what}")

    def check(self, holds: bool, what: str, seen: str = "") -> None:
        """Hold one check; end the demo where it fails."""
        if not holds:
            raise Damaged(
                "demo-failed", N_("This did not hold: {what}. Seen: {seen}", what=what, seen=seen), N_("Read above.")
            )
        self.checks += 1
        click.echo(f"    ok   {what}")

    def end(self) -> None:
        """Sum up."""
        seconds = time.monotonic() - self._began
        click.echo(f"\nEverything held: {self.checks} checks in {seconds:.0f} s.")
