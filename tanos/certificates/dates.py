"""Whether a certificate is valid now; both clocks are shown, because a wrong clock is the usual cause."""

from datetime import UTC, datetime

from cryptography import x509

from tanos.finding import Finding, refuse
from tanos.message import N_


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
