"""`python -m tests.pictures [DIRECTORY]`: takes the pictures of the documents anew (docs/pictures)."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.pictures.browser import missing
from tests.pictures.console import URL, desk, look

MOST_BYTES = 100_000


def main(words: list[str]) -> int:
    """Take them; return the exit status."""
    if missing():
        print(f"{missing()} is not installed here: apt-get install chromium libnss3-tools", file=sys.stderr)
        return 1
    into = Path(words[0] if words else "docs/pictures")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tanos-pictures-") as directory:
        taken = asyncio.run(_taken(Path(directory)))
    for name, picture in taken.items():
        small = _small(picture)
        assert len(small) < MOST_BYTES, name
        (into / f"{name}.png").write_bytes(small)
        print(into / f"{name}.png", len(small), "bytes")
    return 0


async def _taken(directory: Path) -> dict[str, bytes]:
    taken = {}
    async with desk(directory) as here:
        async with here.window() as opened:
            taken["console-before"] = (await look(opened)).picture
        await here.install()
        async with here.window() as opened:
            taken["console-after"] = (await look(opened)).picture
        async with here.window(height=1180) as opened:
            await opened.go(URL)
            await here.sign_in(opened)
            taken["console-info"] = (await look(opened, f"{URL}info")).picture
    return taken


def _small(picture: bytes) -> bytes:
    """Return it with fewer colours, where a program for that is here."""
    if shutil.which("pngquant") is None:
        return picture
    return subprocess.run(["pngquant", "--strip", "64", "-"], input=picture, capture_output=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
