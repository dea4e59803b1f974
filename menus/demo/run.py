"""`tanos demo`: raises a lab, does the procedure by screens and by verbs, and has it judged."""

import asyncio
import tempfile
from pathlib import Path

from menus.demo.by_screens import by_paste, by_sftp
from menus.demo.by_verbs import exchange_certificate, exchange_keys, know_the_server
from menus.demo.judge import judge
from menus.demo.operator import Operator
from menus.demo.transcript import Transcript
from menus.lab.layout import Lab
from menus.lab.run import running


async def _demo(directory: Path) -> None:
    tell = Transcript()
    for name, work in (("screens", _by_screens), ("verbs", _by_verbs)):
        lab = Lab(directory / name, ("ts1", "zs1"))
        tell.chapter(f"Two appliances ({name})")
        async with running(lab) as ports:
            tell.did("ts1", f"Tanium Server with Zone Server Hub, release 7.3, port {ports['ts1']}")
            tell.did("zs1", f"Zone Server, release 7.3, port {ports['zs1']}")
            await asyncio.to_thread(work, lab, tell, ports)
    tell.end()


def _by_screens(lab: Lab, tell: Transcript, ports: dict[str, int]) -> None:
    tell.chapter("By screens and paste: two terminals of 80 by 24 and a clipboard")
    by_paste(lab, tell)
    judge(lab, tell, "zs1", "zs1.lab.test")
    tell.chapter("By screens and SFTP: the appliances carry the files")
    by_sftp(lab, tell, ports)
    judge(lab, tell, "zs1", "zs1.lab.test")


def _by_verbs(lab: Lab, tell: Transcript, ports: dict[str, int]) -> None:
    tell.chapter("By verbs, as automation does it")
    operator = Operator(lab)
    exchange_keys(operator, tell, "ts1", "zs1")
    know_the_server(operator, tell, "ts1", "zs1", ports)
    exchange_certificate(operator, tell, "ts1", "zs1")
    judge(lab, tell, "zs1", "zs1.lab.test")


def main_demo(directory: Path | None = None) -> int:
    """Run the demo in `directory`, or in one that is removed afterwards; returns the exit status."""
    if directory is not None:
        asyncio.run(_demo(directory.absolute()))
        return 0
    with tempfile.TemporaryDirectory(prefix="tanos-demo-") as temporary:
        asyncio.run(_demo(Path(temporary).resolve()))
    return 0
