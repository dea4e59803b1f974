"""Optional TLS of a 7.2 client: when it is tried, when one goes without, and when it is tried again.

Rules (seed 000, table 4): a series of failures as long as OptionalTLSMinAttemptCount, then without TLS for
OptionalTLSBackoffIntervalSeconds, then a series again; the interval doubles after each series, up to
OptionalTLSMaxBackoffSeconds. Once TLS works everything begins anew.
"""

from collections.abc import Callable

from tanos.services.client.settings import ClientSettings


class OptionalTls:
    """The attempts of one client; `clock` tells seconds."""

    def __init__(self, settings: ClientSettings, clock: Callable[[], float]) -> None:
        self._settings, self._clock = settings, clock
        self._failures = self._series = 0
        self._again_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether the next connection is tried with TLS."""
        return self.due_in <= 0

    @property
    def due_in(self) -> float:
        """Seconds until TLS is tried again."""
        return max(0.0, self._again_at - self._clock())

    def failed(self) -> None:
        """Count an attempt that failed."""
        self._failures += 1
        if self._failures < self._settings.number("OptionalTLSMinAttemptCount"):
            return
        first = self._settings.number("OptionalTLSBackoffIntervalSeconds")
        longest = self._settings.number("OptionalTLSMaxBackoffSeconds")
        self._again_at = self._clock() + min(longest, first << min(self._series, 17))
        self._failures, self._series = 0, self._series + 1

    def worked(self) -> None:
        """Forget every failure."""
        self._failures = self._series = 0
        self._again_at = 0.0
