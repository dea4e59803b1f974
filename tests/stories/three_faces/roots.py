"""Root Key Management, done by each face; the pair is replaced last, since everything else stands on it."""

from tests.stories.three_faces.newer import NEWER
from tests.stories.three_faces.step import DECLINED, Kept, Step, Table

LIST, SHOW, CREATE, REPLACE = "root-keys list", "root-keys show", "root-keys create", "root-keys replace"
REVOKE, RENEW_OWN = "root-keys revoke", "root-keys renew-own"
SEAL, BACK_UP = "root-keys seal", "root-keys backup"
_PASSWORD = "Correct-Horse-9-Battery"
_FORMER = {"former": Kept.CODE, "former_end": Kept.CODE_END}
_ROOT_0 = f"{NEWER}.lab.test Root 0"
ROOT_KEYS: Table = (
    Step("ts1", LIST, "2-K-1", keeps=_FORMER),
    Step("ts1", SHOW, "2-K-2", "legacy-root", ("{former}",)),
    Step("ts1", REVOKE, "2-K-6", "{former}", ("{former}",), confirm="{former_end}", ends="last-root"),
    Step("ts1", CREATE, "2-K-3", confirm="yes", ends="not-offered"),
    Step("ts1", REPLACE, "2-K-4", confirm="{former_end}", ends=DECLINED),
    Step("ts1", REPLACE, "2-K-4", confirm="{former_end}"),
    Step("ts1", LIST, "2-K-1"),
    Step("ts1", RENEW_OWN, "2-K-5", confirm="yes"),
    Step("ts1", REVOKE, "2-K-6", "{former}", ("{former}",), confirm="{former_end}"),
    Step(NEWER, SHOW, "2-K-2", f"'{_ROOT_0}'", ("1",), keeps={"zero_end": Kept.CODE_END, "zero": Kept.CODE}),
    Step(NEWER, REVOKE, "2-K-6", "legacy-root", ("2",), confirm="yes", ends="legacy-root"),
    Step(NEWER, REVOKE, "2-K-6", "{zero}", ("{zero}",), confirm="{zero_end}", ends="last-root"),
    Step(NEWER, REPLACE, "2-K-4", confirm="yes", ends="not-offered"),
    Step(NEWER, BACK_UP, "2-K-8", stdin=f"{_PASSWORD}\n", confirm="yes", ends="not-sealed"),
    Step(
        NEWER,
        SEAL,
        "2-K-7",
        typed=(_PASSWORD, "another"),
        stdin=f"{_PASSWORD}\nanother\n-\n",
        confirm="yes",
        ends="passwords-differ",
    ),
    Step(
        NEWER,
        SEAL,
        "2-K-7",
        typed=(_PASSWORD, _PASSWORD),
        stdin=f"{_PASSWORD}\n{_PASSWORD}\n-\n",
        confirm="yes",
        ends=DECLINED,
    ),
    Step(NEWER, SEAL, "2-K-7", typed=(_PASSWORD, _PASSWORD), stdin=f"{_PASSWORD}\n{_PASSWORD}\n-\n", confirm="yes"),
    Step(NEWER, BACK_UP, "2-K-8", typed=("wrong",), stdin="wrong\n", confirm="yes", ends="wrong-password"),
    Step(NEWER, BACK_UP, "2-K-8", typed=(_PASSWORD,), stdin=f"{_PASSWORD}\n", confirm="yes"),
    Step(NEWER, "root-keys remove-backup", "2-K-9", confirm="yes"),
    Step(NEWER, "root-keys guide", "2-K-G"),
    Step(NEWER, "infrastructure list", "2-K-I"),
    Step(NEWER, CREATE, "2-K-3", confirm="yes", ends=DECLINED),
    Step(NEWER, CREATE, "2-K-3", confirm="yes"),
    Step(NEWER, CREATE, "2-K-3", confirm="yes", ends="two-roots"),
    Step(NEWER, LIST, "2-K-1"),
    Step(NEWER, REVOKE, "2-K-6", "{zero}", ("{zero}",), confirm="{zero_end}"),
)
