"""What a paste must be: decides how its end is recognised and what is refused."""

from enum import Enum


class Awaited(Enum):
    """The kinds of text that an operator pastes."""

    REQUEST = "request"
    CERTIFICATE = "certificate"
    SSH_KEY = "ssh-key"
    PAIRING = "pairing"
    PUBLIC_KEY = "public-key"
    """In PEM; it has a reader of its own."""
