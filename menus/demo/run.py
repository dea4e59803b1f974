"""`tanos demo`: raises a lab, does the procedure by screens and by verbs, and has it judged."""

import asyncio
import tempfile
from pathlib import Path

from menus.demo.by_verbs import exchange_certificate, exchange_keys, know_the_server
from menus.demo.judge import judge
from menus.demo.operator import Operator
from menus.demo.transcript import Transcript
from menus.lab.layout import Lab
from menus.lab.run import running


async def _demo(directory: Path) -> None:
    tell = Transcript()
    lab = Lab(directory, ("ts1", "zs1"))
    operator = Operator(lab)
    tell.chapter("Two appliances")
    async with running(lab) as ports:
        tell.did("ts1", f"Tanium Server with Zone Server Hub, release 7.3, port {ports['ts1']}")
        tell.did("zs1", f"Zone Server, release 7.3, port {ports['zs1']}")
        await asyncio.to_thread(_by_verbs, operator, tell, ports)
    tell.end()


def _by_verbs(operator: Operator, tell: Transcript, ports: dict[str, int]) -> None:
    tell.chapter("By verbs, as automation does it")
    exchange_keys(operator, tell, "ts1", "zs1")
    know_the_server(operator, tell, "ts1", "zs1", ports)
    exchange_certificate(operator, tell, "ts1", "zs1")
    judge(operator.lab, tell, "zs1", "zs1.lab.test")


def main_demo(directory: Path | None = None) -> int:
    """Run the demo in `directory`, or in one that is removed afterwards; returns the exit status."""
    if directory is not None:
        asyncio.run(_demo(directory.absolute()))
        return 0
    with tempfile.TemporaryDirectory(prefix="tanos-demo-") as temporary:
        asyncio.run(_demo(Path(temporary).resolve()))
    return 0
