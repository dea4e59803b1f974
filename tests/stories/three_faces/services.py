"""Services and their settings: what is done by each face, before anything else has changed."""

from tests.stories.three_faces.step import DECLINED, Step, Table

ZONE = "taniumzoneserver"
SERVICES: Table = (
    Step("zs1", "services stop", "2-1-2-1-3", ZONE, confirm="yes"),
    Step("zs1", "services stop", "2-1-2-1-3", ZONE),
    Step("zs1", "services list", "2-1-1"),
    Step("zs1", "services status", "2-1-2-1-1", ZONE),
    Step("zs1", "services disable", "2-1-2-1-6", ZONE, confirm="yes"),
    Step("zs1", "services enable", "2-1-2-1-5", ZONE, confirm="yes"),
    Step("zs1", "services start", "2-1-2-1-2", ZONE, confirm="yes"),
    Step("zs1", "services restart", "2-1-2-1-4", ZONE, confirm="yes"),
    Step("zs1", "services stop", "2-1-2-1-3", ZONE, confirm="yes", ends=DECLINED),
    Step("zs1", "fingerprints show", "2-6"),
    Step("ts1", "fingerprints show", "2-6"),
)


def _set(where: str, key: str, component: str, name: str, value: str, *, plan: bool = True, ends: str = "") -> Step:
    return Step(
        where,
        "settings set",
        f"2-2-{key}-2",
        f"--component {component} {name} {value}",
        (name, value),
        confirm="yes" if plan else "",
        ends=ends,
    )


SETTINGS: Table = (
    _set("zs1", "9", "zone-server", "AllowedHubs", "192.0.2.9,127.0.0.1"),
    _set("zs1", "9", "zone-server", "AllowedHubs", "192.0.2.9,127.0.0.1", plan=False),
    _set("zs1", "9", "zone-server", "EnforceAllowedHubs", "2", ends="out-of-range"),
    _set("zs1", "9", "zone-server", "ReportingTLSKeyPath", "/etc/shadow", ends="not-a-pair"),
    Step(
        "zs1",
        "settings add",
        "2-2-9-A",
        "--component zone-server Mine --kind number 0x10",
        ("Mine", "number", "0x10"),
        confirm="yes",
    ),
    Step("zs1", "settings unset", "2-2-9-4", "--component zone-server Mine", ("Mine",), confirm="yes"),
    Step("ts1", "clients list", "4-3-1"),
    Step("ts1", "clients list", "4-3-2", "--registration tls"),
    Step("ts1", "clients list", "4-3-3", "--registration unencrypted"),
    _set("ts1", "8", "hub", "ReportingTLSMode", "2"),
    _set("ts1", "8", "hub", "ReportingTLSMode", "0"),
)
