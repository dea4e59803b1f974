"""Issue 5, gate 3: a register of a hundred thousand certificates: its list, a search in it, and one more issued."""

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tanos.appliance import Appliance
from tanos.certificates.request import pem_of
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.keeper import Keeper
from tanos.moments import moment_text
from tanos.operation import silent
from tanos.revocation.operations import EXPORT_ISSUED, LIST_ISSUED
from tests.bench.measure import Gate, Timed, in_turn, timed
from tests.conftest import TS1, bare_appliance, call

FEW, MANY = 10, 100_000
MOST_MILLISECONDS, MOST_SLOWER, RUNS = 200.0, 1.1, 41
_INSERT = (
    "INSERT INTO issued (serial, check_code, request_hash, issuer_key, subject, names, not_before, not_after,"
    " certificate, issued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def measure() -> Iterator[Gate]:
    """Measure both registers in turn."""
    with tempfile.TemporaryDirectory() as temporary:
        few, many = (_filled(Path(temporary) / f"ts{count}", count) for count in (FEW, MANY))
        requests = iter(_requests(few, 2 * RUNS + 2))

        def issue(appliance: Appliance) -> None:
            asyncio.run(_issue(appliance, next(requests)))

        listed = Timed.of([timed(lambda: asyncio.run(_list(many, ""))) for _ in range(RUNS)])
        found = Timed.of([timed(lambda: asyncio.run(_list(many, "h777.lab"))) for _ in range(RUNS)])
        exported = Timed.of([timed(lambda: asyncio.run(_export(many))) for _ in range(3)])
        slow, quick = in_turn(lambda: issue(many), lambda: issue(few), runs=RUNS)
    yield Gate(
        f"a register of {MANY:,} certificates listed, the newest on a page",
        str(listed), f"one searched by a part of its name {found}; all of it into a file {exported}",
        listed.median * 1000, MOST_MILLISECONDS, "ms", at_most=True,
    )  # fmt: skip
    yield Gate(
        f"one issued with {MANY:,} in the register, against {FEW}",
        str(slow), str(quick), slow.median / quick.median, MOST_SLOWER, at_most=True,
    )  # fmt: skip


def _filled(home: Path, count: int) -> Appliance:
    appliance = bare_appliance(home, TS1)
    appliance.clock = lambda: datetime.now(UTC)
    Keeper(appliance).make_root()
    begin = appliance.clock() - timedelta(days=400)
    with appliance.store.change(call(appliance)) as change:
        change.connection.executemany(_INSERT, (_row(number, begin) for number in range(count)))
    return appliance


def _row(number: int, begin: datetime) -> tuple[str, ...]:
    start = moment_text(begin + timedelta(minutes=5 * number % 500_000))
    end = moment_text(begin + timedelta(days=3650))
    code = "-".join(f"{number:032X}"[at : at + 4] for at in range(0, 32, 4))
    name = f"h{number}.lab.test"
    return f"{number:040X}", code, f"{number:064x}", "A", f"CN={name}", f'["{name}"]', start, end, "x" * 900, start


def _requests(appliance: Appliance, count: int) -> list[bytes]:
    keeper, names = Keeper(appliance), [f"zs{number}.lab.test" for number in range(count)]
    return [pem_of(keeper.make_request("reporting", name, []), "CERTIFICATE REQUEST").encode() for name in names]


async def _list(appliance: Appliance, search: str) -> None:
    assert (await LIST_ISSUED.read(call(appliance), search=search)).data["count"] == MANY


async def _issue(appliance: Appliance, request: bytes) -> None:
    plan = await IMPORT_REQUEST.prepare(call(appliance), source="paste", text=request)
    assert not plan.refusals
    await IMPORT_REQUEST.apply(call(appliance), plan, silent)


async def _export(appliance: Appliance) -> None:
    plan = await EXPORT_ISSUED.prepare(call(appliance))
    await EXPORT_ISSUED.apply(call(appliance), plan, silent)
