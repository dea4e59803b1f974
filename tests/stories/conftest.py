"""One fresh lab for each story."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.stories.lab import lab, open_directory


@pytest.fixture
def raise_lab() -> Iterator[Callable[..., Path]]:
    """Return what raises a fresh lab with the options given and returns its ssh_config."""
    with ExitStack() as stack:

        def raised(*options: str) -> Path:
            base = stack.enter_context(open_directory())
            return stack.enter_context(lab(base / "lab", *options))

        yield raised


@pytest.fixture
def ssh_config(raise_lab: Callable[..., Path]) -> Path:
    """Raise a lab of ts1 and zs1; return its ssh_config."""
    return raise_lab()
