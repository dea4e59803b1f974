"""Why the hand did not go on: a word and plain fields, which travel to who asked and become a sentence there."""

from typing import Any


class Stopped(Exception):
    """An id of `tanos.relying.refusals`, and the fields of its sentence."""

    def __init__(self, why: str, **fields: Any) -> None:
        super().__init__(why)
        self.why = why
        self.fields = fields
