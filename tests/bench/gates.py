"""All gates, in the order of the table."""

from collections.abc import Callable, Iterator

from tests.bench import (
    batch,
    exchange,
    imports,
    issue,
    key_utility,
    paste,
    register,
    relying,
    services,
    sftp_files,
    sign_in,
)
from tests.bench.measure import Gate

MEASURES: dict[str, Callable[[], Iterator[Gate]]] = {
    "exchange": exchange.measure,
    "issue": issue.measure,
    "batch": batch.measure,
    "files": sftp_files.measure,
    "paste": paste.measure,
    "imports": imports.measure,
    "sign-in": sign_in.measure,
    "services": services.measure,
    "relying": relying.measure,
    "register": register.measure,
    "key-utility": key_utility.measure,
}


def measure(wanted: list[str]) -> Iterator[Gate]:
    """Measure all, or the named ones."""
    for name, gates in MEASURES.items():
        if not wanted or name in wanted:
            yield from gates()
