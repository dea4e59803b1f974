"""One fresh lab for each story."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.stories.lab import lab


@pytest.fixture
def raise_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Path]]:
    """Return what raises a fresh lab with the options given and returns its ssh_config."""
    with ExitStack() as stack:

        def raised(*options: str) -> Path:
            base = tmp_path_factory.mktemp("story")
            for parent in (base, base.parent, base.parent.parent):
                parent.chmod(0o755)
            return stack.enter_context(lab(base / "lab", *options))

        yield raised


@pytest.fixture
def ssh_config(raise_lab: Callable[..., Path]) -> Path:
    """Raise a lab of ts1 and zs1; return its ssh_config."""
    return raise_lab()
