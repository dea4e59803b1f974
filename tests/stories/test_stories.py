"""What operators do, acted out with a real ssh against a real lab.

The stories are the `*.story` files beside this one.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.teller import Teller, further, steps

STORIES = sorted(Path(__file__).parent.glob("*.story"))


@pytest.mark.story
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_story(story: Path, raise_lab: Callable[..., Path]) -> None:
    """Each line of the story holds."""
    text = story.read_text()
    assert steps(text), "a story without steps proves nothing"
    Teller(raise_lab(*further(text))).tell(text)
