"""Keys below a root of release 7.4, done by each face: a zone server asks for one, a client loses its own."""

from tests.stories.three_faces.asking import CLIENT, NAME
from tests.stories.three_faces.newer import NEWER
from tests.stories.three_faces.step import DECLINED, Kept, Step, Table

LIST, APPROVE, FORGET = "subordinate-keys list", "subordinate-keys approve", "subordinate-keys refuse"
REVOKE = "clients revoke"
_ASKED = {"asked": Kept.CODE, "asked_end": Kept.CODE_END}
NONE = "no-such-request"
SERVER_KEYS: Table = (
    Step(NEWER, LIST, "2-Z-L", keeps=_ASKED),
    Step(NEWER, APPROVE, "2-K-S-1", NAME, ("1",), confirm="{asked_end}", ends=DECLINED),
    Step(NEWER, APPROVE, "2-K-S-1", NAME, ("1",), confirm="{asked_end}"),
    Step(NEWER, APPROVE, "2-K-S-1", NAME, ("1",), confirm="{asked_end}", ends=NONE),
    Step(NEWER, FORGET, "2-K-S-2", NAME, ("1",), confirm="yes", ends=DECLINED),
    Step(NEWER, FORGET, "2-K-S-2", NAME, ("1",), confirm="yes"),
    Step(NEWER, LIST, "2-Z-L"),
    Step(NEWER, REVOKE, "4-3-4", CLIENT, ("1",), confirm=CLIENT[-4:], ends=DECLINED),
    Step(NEWER, REVOKE, "4-3-4", CLIENT, ("1",), confirm=CLIENT[-4:]),
)
