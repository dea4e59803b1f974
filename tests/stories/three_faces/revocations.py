"""The register of what was issued, one certificate revoked, and the list that tells of it: done by each face."""

from tests.stories.three_faces.step import DECLINED, Kept, Put, Step, Table

REVOKE, IMPORT = "issued revoke", "issued import"
REVOCATIONS: Table = (
    Step(
        "ts1", "issued list", "4-2-6-1", "--search zs1.dmz.test", ("zs1.dmz.test",),
        keeps={"serial": Kept.SERIAL, "serial_end": Kept.SERIAL_END},
    ),
    Step("zs1", "issued export", "4-2-6-4", confirm="yes", ends="not-offered"),
    Step("ts1", "issued show", "4-2-6-2", "{serial}", ("{serial}",)),
    Step(
        "ts1", REVOKE, "4-2-6-3", "{serial} --reason superseded", ("{serial}", "superseded"),
        confirm="{serial_end}", ends=DECLINED,
    ),
    Step(
        "ts1", REVOKE, "4-2-6-3", "{serial} --reason superseded", ("{serial}", "superseded"),
        confirm="{serial_end}",
    ),
    Put("revoke.txt", "hello\n", "ts1"),
    Step(
        "ts1", REVOKE, "4-2-6-3", "--file revoke.txt --reason superseded", ("", "revoke.txt", "superseded"),
        confirm="yes", ends="revocation-unread",
    ),
    Step("ts1", IMPORT, "4-2-6-8", "--from paste", ("paste",), paste="{certificate}"),
    Step("ts1", IMPORT, "4-2-6-8", "--from paste", ("paste",), paste="{root}", confirm="yes", ends="not-certificate"),
    Step("ts1", "issued export", "4-2-6-4", "--search zs1.dmz.test", ("zs1.dmz.test",), confirm="yes"),
    Step("ts1", "revocation-list renew", "4-2-6-7", confirm="yes"),
    Step("ts1", "revocation-list show", "4-2-6-5"),
    Step("ts1", "revocation-list export", "4-2-6-6", confirm="yes"),
)  # fmt: skip
