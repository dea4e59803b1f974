"""Signing in to the menu by a real ssh: how soon, against the same door's bare sign-in and against OpenSSH's sshd.

Each sign-in finds the door at rest, with its spares made: people do not sign in ten times a second. A burst is
measured on its own (`sign_in_load`).
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.bench.far import round_trips
from tests.bench.lab import Measured, measured_lab
from tests.bench.measure import Gate, Timed, timed
from tests.bench.openssh import sshd
from tests.bench.sign_in_load import measure_load, warm_parent
from tests.bench.signing_in import SIZES, bare, sign_in
from tests.sftp.door.processes import spares, within

RUNS = 15
REST_SECONDS = 0.25
"""After the last client was killed, for its session to end and for a spare to be made."""
BASH_MENU = """PS3='Select: '
select line in 'Tanium Operations' 'Tanium Status' 'Appliance Configuration' 'User Administration' 'Log out'; do
    echo "$line"
done
"""


def measure() -> Iterator[Gate]:
    """Measure all in turn: a bare sign-in, ours at three sizes, and the peer's; then what a session costs."""
    with tempfile.TemporaryDirectory() as temporary, measured_lab() as lab, _bash_menu(Path(temporary)) as peer:
        works: dict[str, Callable[[], None]] = {"bare": partial(bare, lab.config, "ts1-files")}
        for columns, lines in SIZES:
            works[f"{columns}×{lines}"] = partial(sign_in, lab.config, "ts1", (columns, lines))
        works["bash"] = partial(sign_in, str(peer), "peer")
        times = _interleaved(lab, works)
        yield from _first_paints(times)
        yield from round_trips(lab, partial(_rest, lab))
        yield from measure_load(lab, warm_parent(lab, "ts1"))


def _first_paints(times: dict[str, Timed]) -> Iterator[Gate]:
    at_once = times["bare"]
    for columns, lines in SIZES:
        ours = times[f"{columns}×{lines}"]
        yield Gate(
            f"sign-in 1 first painted menu at {columns}×{lines}, against a sign-in that is answered at once",
            str(ours), str(at_once), ours.median / at_once.median, 1.3 if lines == 24 else 2.0, at_most=True,
        )  # fmt: skip
    ours = times["80×24"]
    yield Gate(
        "sign-in 2 first painted menu, against a bash select menu under OpenSSH's sshd, each as it ships",
        str(ours), str(times["bash"]), times["bash"].median / ours.median, 3.0,
    )  # fmt: skip


def _interleaved(lab: Measured, works: dict[str, Callable[[], None]]) -> dict[str, Timed]:
    """Time each of them once a round, each round in another order: what ran just before leaves caches cold."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    names = list(works)
    for run in range(RUNS + 1):
        names.append(names.pop(0))
        for name in names:
            _rest(lab)
            taken = timed(works[name])
            if run:
                seconds[name].append(taken)
    return {name: Timed.of(each) for name, each in seconds.items()}


def _rest(lab: Measured) -> None:
    assert within(20, lambda: len(spares(warm_parent(lab, "ts1"))) >= 2)
    time.sleep(REST_SECONDS)


@contextmanager
def _bash_menu(base: Path) -> Iterator[Path]:
    """Serve a menu of bash's own by sshd; no shell of a user reads its start-up files for it."""
    script = base / "menu.sh"
    script.write_text(BASH_MENU)
    forced = f"SetEnv SHLVL=2\nForceCommand exec bash --noprofile --norc {script}\n"
    with sshd(base / "sshd", "peer", more=forced) as config:
        yield config
