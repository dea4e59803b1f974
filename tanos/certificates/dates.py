"""Whether a certificate is valid now, and whether the next one is due.

Rule: the next one is due once less than thirty days, or less than a third of its life, are left. Where it is not
valid both clocks are shown, because a wrong clock is the usual cause.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509

from tanos.finding import Finding, refuse
from tanos.message import N_

SOON_DAYS = 30


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Return the whole days that are left; less than none where it has ended."""
    return (certificate.not_valid_after_utc - now).days


def is_due(certificate: x509.Certificate, now: datetime) -> bool:
    """Say whether the next certificate is due."""
    return now > due_from(certificate)


def due_from(certificate: x509.Certificate) -> datetime:
    """Return the moment after which the next certificate is due."""
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return end - max(timedelta(days=SOON_DAYS), (end - begin) / 3)


def shown_time(when: datetime) -> str:
    """Return a moment as operators read it: `2026-11-22 12:00:00 UTC`."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def examine_dates(certificate: x509.Certificate, now: datetime) -> tuple[Finding, ...]:
    """Return `not-yet-valid` or `expired`, or nothing."""
    begin, end, clock = certificate.not_valid_before_utc, certificate.not_valid_after_utc, shown_time(now)
    if now < begin:
        message = N_(
            "It is valid from {begin} on, but the clock here says {now}.", begin=shown_time(begin), now=clock
        )
        return (refuse("not-yet-valid", message, N_("Set the clocks of both appliances right and import it again.")),)
    if now > end:
        message = N_("It was valid until {end}; the clock here says {now}.", end=shown_time(end), now=clock)
        return (refuse("expired", message, N_("Have a new certificate issued for the waiting request.")),)
    return ()
