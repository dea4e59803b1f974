"""Secrets have a type, so that none reaches a log, an audit record or a traceback by accident."""

import hmac

from tanos.errors import AnswerRefused
from tanos.message import N_


class Secret:
    """A value whose text is dots; `reveal()` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str | bytes) -> None:
        """Raises AnswerRefused `not-text` where half a character reaches it."""
        try:
            self._value = value.encode() if isinstance(value, str) else value
        except UnicodeEncodeError:
            raise AnswerRefused(
                "not-text", N_("What was typed is not text (UTF-8)."), N_("Type it again, at a terminal of UTF-8.")
            ) from None

    def reveal(self) -> bytes:
        """Return the secret itself."""
        return self._value

    def same(self, other: "Secret") -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._value, other._value)

    def __repr__(self) -> str:
        return "••••••"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.same(other)

    def __hash__(self) -> int:
        return id(self)
