"""One lab for all the stories of a process; each story makes its own exchange in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.lab import lab


@pytest.fixture
def ssh_config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh lab of ts1 and zs1; returns its ssh_config."""
    base = tmp_path_factory.mktemp("story")
    for parent in (base, base.parent, base.parent.parent):
        parent.chmod(0o755)
    with lab(base / "lab") as config:
        yield config
