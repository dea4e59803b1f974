"""A moment as the database, receipts, logs and programs have it.

Invariant: one form for all, in UTC to the second, so that texts of it sort and compare as the moments do.
"""

from datetime import UTC, datetime


def moment_text(moment: datetime) -> str:
    """Return an aware moment as `2036-11-19T12:00:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
