"""What is new in every lab, named by its kind and by the order in which it was first seen.

Invariant: one value has one name throughout a lab, so that a code that stands where another one should stand differs.
"""

import re
from functools import partial

_NAMED = (
    (r"-----BEGIN(\w+)-----.*?-----END\1-----", "PEM"),
    (r"AAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/]{48}", "KEY"),
    (r"AAAAB3NzaC1yc2E[A-Za-z0-9+/]{528}=?", "KEY"),
    (r"SHA256:[A-Za-z0-9+/]{43}", "FINGERPRINT"),
    (r"(?:(?<![0-9A-F])|(?<=SHA-256))[0-9A-F]{2}(?::[0-9A-F]{2}){31}", "FINGERPRINT"),
    (r"(?<![0-9A-F])[0-9A-F]{2}(?::[0-9A-F]{2}){2,3}(?=…)", "FINGERPRINT"),
    (r"sixdigits\W*\d{6}", "DIGITS"),
    (r"[0-9A-F]{4}(?:-[0-9A-F]{4}){7}", "CODE"),
    (r"(?<=reporting-)[0-9A-F]{4}", "GROUP"),
    (r"[0-9A-F]{30,40}", "SERIAL"),
    (r"(?<![A-Z2-7])[A-Z2-7]{32}", "DEVICE"),
    (r"[A-Za-z0-9]{5}(?:-[A-Za-z0-9]{5}){3}", "PASSWORD"),
)
_ALIKE = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"\d{4}-\d\d-\d\d(?:\d\d:\d\dUTC)?", "TIME"),
    (r"(?<=[a-z])\d\d:\d\d(?!:)", "TIME"),
    (r"\d\d:\d\d:\d\dUTC", "TIME"),
    (r"\d{4,5}(?=platform|https)", "PORT"),
    (r"(?<=127\.0\.0\.1:)\d+", "PORT"),
    (r"(?<=\.test\]:)\d+", "PORT"),
    (r"(?<=\.test:)\d+", "PORT"),
    (r"(?<=number)\d{10}|(?<=number:)\d{10}|(?<=list)\d{10}|(?<=list )\d{10}", "NUMBER"),
    (r"ReferenceA-\d+(?:\([\w-]+\))?", "REFERENCE"),
)


class Masks:
    """The names of one lab."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._names: dict[str, str] = {}

    def over(self, text: str) -> str:
        """Return `text`, which has no spaces, under its masks."""
        text = text.replace(self._directory, "[LAB]")
        for pattern, kind in _NAMED:
            text = re.sub(pattern, partial(self._name, kind), text)
        for pattern, kind in _ALIKE:
            text = re.sub(pattern, f"[{kind}]", text)
        return text

    def _name(self, kind: str, found: re.Match[str]) -> str:
        known = sum(name.startswith(f"[{kind}") for name in self._names.values())
        return self._names.setdefault(found[0], f"[{kind}{known + 1}]")
