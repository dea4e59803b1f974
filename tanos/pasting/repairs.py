"""What was mended in a paste, told once a kind.

Invariant: nothing is mended without being told. The same kind of repair in several blocks is one line with the sum,
so that an operator reads a sentence and not a log.
"""

from tanos.message import Message


class Repairs:
    """Collects repairs in the order in which they were first made."""

    def __init__(self) -> None:
        self._by_kind: dict[str, Message] = {}

    def add(self, repair: Message) -> None:
        """Note a repair; a field that is a number is added to that of an earlier one of its kind."""
        earlier = self._by_kind.get(repair.template)
        self._by_kind[repair.template] = _sum(earlier, repair) if earlier else repair

    def told(self) -> tuple[Message, ...]:
        """Return the repairs: fragments without a full stop, for the face to join."""
        return tuple(self._by_kind.values())


def _sum(earlier: Message, later: Message) -> Message:
    fields = dict(earlier.fields)
    for name, value in later.fields.items():
        before = fields.get(name)
        if isinstance(before, int) and isinstance(value, int):
            fields[name] = before + value
    return Message(earlier.template, fields)
