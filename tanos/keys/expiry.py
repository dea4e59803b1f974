"""Until when a key may be used: `expiry-time` as OpenSSH reads it.

Invariant: kept in UTC, whatever was given, so that it means the same moment on every appliance.
"""

import re
from datetime import UTC, datetime

_SEPARATOR = re.compile(r"[-:T]")
_FORM = re.compile(r"(\d{8})(?:(\d{4})(\d{2})?)?(Z)?", re.IGNORECASE | re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?(Z)?", re.IGNORECASE | re.ASCII)


def moment_of(text: str) -> datetime:
    """Return the moment that `YYYYMMDD[HHMM[SS]][Z]` or `YYYY-MM-DD[THH:MM[:SS]][Z]` says.

    Without `Z` it is the local time of this machine, as with OpenSSH (sshd(8)). Raises ValueError.
    """
    text = text.strip()
    day = _DAY.fullmatch(text)
    if day:
        text = "".join(part or "" for part in day.groups())
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(text)
    date, minute, second, utc = found.groups()
    moment = datetime.strptime(date + (minute or "0000") + (second or "00"), "%Y%m%d%H%M%S")
    try:
        return moment.replace(tzinfo=UTC) if utc else moment.astimezone(UTC)
    except (OverflowError, OSError):
        raise ValueError(text) from None


def option_value(moment: str) -> str:
    """Return what `expiry-time` says for a moment that was `written`."""
    return _SEPARATOR.sub("", moment)
