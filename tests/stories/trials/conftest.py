"""One appliance for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.trials.served import Served, served


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Served]:
    """Serve an appliance with two keys of tanadmin."""
    with served(tmp_path) as opened:
        yield opened
