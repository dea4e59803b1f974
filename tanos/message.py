"""Text that an operator will read: English template and fields travel, translation happens at the face.

Invariant: nothing below a face turns a Message into words for an operator, so that one operation can be told
in every language and at every face. Fields are data (names, paths, codes) and are never part of the template; what
an operator can do next is a field too, a Deed, because only a face knows the way to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Deed:
    """Something that an operator can do, by its verb. A verb's face says the verb, a menu its line there.

    In a template `{name}` is the line with its label, `Create CSR (2-Z-1)`; `{name:key}` its keys alone, `2-Z-1`.
    """

    verb: str
    """`noun verb`, as the command line knows it."""
    words: str = ""
    """What stands after it: data, or the names of arguments in capitals (`USER`)."""

    def of(self, words: str) -> "Deed":
        """Return the same with these words after the verb."""
        return Deed(self.verb, words)

    def __str__(self) -> str:
        return f"`{self.verb} {self.words}`" if self.words else f"`{self.verb}`"

    def __format__(self, spec: str) -> str:
        return str(self)


@dataclass(frozen=True)
class Message:
    """A sentence to be translated: `template` uses named `{fields}`."""

    template: str
    fields: Mapping[str, object] = field(default_factory=dict)
    plural: str = ""
    """The template for any `{count}` but one; a catalogue may hold more forms of the two."""

    @property
    def english(self) -> str:
        """The template that fits the count, in English."""
        return self.plural if self.plural and self.fields["count"] != 1 else self.template

    def __str__(self) -> str:
        """Return the English words (for logs, audit and tests)."""
        return self.english.format(**self.fields)


def N_(template: str, plural: str = "", /, **fields: object) -> Message:  # noqa: N802 - the field's name for "mark for translation"
    """Mark `template` for translation and bind its fields; with `plural`, the field `count` chooses between them."""
    return Message(template, fields, plural)


def listed(first: Message, *others: Message) -> Message:
    """Return messages as one, with commas between."""
    return N_("{first}, {others}", first=first, others=listed(*others)) if others else first
