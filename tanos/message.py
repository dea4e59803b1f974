"""Text that an operator will read: English template and fields travel, translation happens at the face.

Invariant: nothing below a face turns a Message into words for an operator, so that one operation can be told
in every language. Fields are data (names, paths, codes) and are never part of the template.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Message:
    """A sentence to be translated: `template` uses named `{fields}`."""

    template: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the English words (for logs, audit and tests)."""
        return self.template.format(**self.fields)


def N_(template: str, /, **fields: object) -> Message:  # noqa: N802 - the field's name for "mark for translation"
    """Mark `template` for translation and bind its fields."""
    return Message(template, fields)


def listed(first: Message, *others: Message) -> Message:
    """Return messages as one, with commas between."""
    return N_("{first}, {others}", first=first, others=listed(*others)) if others else first
