"""Users of the Tanium Console, and its certificate: what is done by each face."""

from tests.stories.three_faces.step import DECLINED, Kept, Step, Table

_USERS = "console-users"
CONSOLE_USERS: Table = (
    Step("ts1", f"{_USERS} list", "C-L-1"),
    Step("ts1", f"{_USERS} add", "C-L-A", "ann --role read-only", ("ann", "read-only"), confirm="yes", ends=DECLINED),
    Step(
        "ts1",
        f"{_USERS} add",
        "C-L-A",
        "ann --role read-only",
        ("ann", "read-only"),
        confirm="yes",
        keeps={"ann": Kept.PASSWORD},
    ),
    Step("ts1", f"{_USERS} add", "C-L-A", "ann", ("ann", ""), confirm="yes", ends="name-taken"),
    Step("ts1", f"{_USERS} reset", "C-L-2-1-1", "ann", confirm="yes", keeps={"ann": Kept.PASSWORD}),
    Step("ts1", f"{_USERS} unlock", "C-L-2-1-2", "ann"),
    Step("ts1", f"{_USERS} remove", "C-L-2-1-3", "ann", confirm="yes"),
    Step("ts1", f"{_USERS} remove", "C-L-2-1-3", "tanium", confirm="yes", ends=DECLINED),
)
