"""A relying service: what is done by each face. It is the console of ts1 itself, which presents that pair already."""

import grp
import os
import pwd
import shutil
from pathlib import Path

from tests.stories.three_faces.step import DECLINED, Step, Table

RELYING: Table = (
    Step("ts1", "relying list", "2-S-1"),
    Step("ts1", "relying show", "2-S-2-1-1", "site"),
    Step("zs1", "relying list", "2-S-1"),
    Step("ts1", "relying install", "2-S-2-1-2", "site", confirm="yes", ends=DECLINED),
    Step("ts1", "relying install", "2-S-2-1-2", "site", confirm="yes"),
    Step("ts1", "relying install", "2-S-2-1-2", "site"),
    Step("ts1", "soap-cert restore", "2-C-3", "4", ("v4",), confirm="yes"),
    Step("ts1", "relying install", "2-S-2-1-2", "site", confirm="yes"),
    Step("ts1", "soap-cert restore", "2-C-3", "5", ("v5",), confirm="yes"),
    Step("ts1", "relying put-back", "2-S-2-1-3", "site 1", ("v1",), confirm="yes"),
    Step("ts1", "relying show", "2-S-2-1-1", "site"),
)
_FILE = """
[service.site]
certificate = "soap"
directory = "{directory}"
address = "{address}"
server_name = "ts1.lab.test"
owner = "{owner}"
group = "{group}"
check = ["{true}", "{{staged}}"]
reload = ["{true}"]
[service.site.files]
"site.crt" = ["certificate", "issuers"]
"site.key" = ["key"]
"""


def describe(lab: Path, address: str = "127.0.0.1:1") -> None:
    """Write the file of relying services of ts1, as whoever runs the lab may use it."""
    lab.mkdir(parents=True, exist_ok=True)
    directory, file = lab / "site", lab / "ts1.relying.toml"
    directory.mkdir(mode=0o755, exist_ok=True)
    owner = lab.stat()
    if os.geteuid() == 0:
        os.chown(directory, owner.st_uid, owner.st_gid)
    account = pwd.getpwuid(owner.st_uid)
    words = {
        "owner": account.pw_name,
        "group": grp.getgrgid(owner.st_gid).gr_name,
        "true": shutil.which("true") or "/bin/true",
    }
    file.write_text(_FILE.format(directory=directory, address=address, **words))
    file.chmod(0o644)
