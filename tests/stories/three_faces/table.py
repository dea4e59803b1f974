"""What is done, in order, by each face: every verb of the tree and every line of the menus, and what is refused."""

from tests.stories.three_faces.console import CONSOLE_USERS, SOAP
from tests.stories.three_faces.modules import MODULES
from tests.stories.three_faces.relying import RELYING
from tests.stories.three_faces.revocations import REVOCATIONS
from tests.stories.three_faces.roots import ROOT_KEYS
from tests.stories.three_faces.services import SERVICES, SETTINGS
from tests.stories.three_faces.signing import HTML_BANNER, KNOWN_KEYS, SIGNING_KEYS
from tests.stories.three_faces.step import DECLINED, Carry, Kept, Put, Step, Table, Until
from tests.stories.three_faces.subordinate import SERVER_KEYS
from tests.stories.three_faces.trust import TRUST_IN_SERVERS
from tests.stories.three_faces.users import ACCOUNTS, ADD, CODES, KEYS, PASSWORDS, STRANGERS, TRIALS

PAIR, TEST = "peer pair", "peer test"
CREATE, SEND = "zone-server create-csr", "zone-server send-csr"
ISSUE, INSTALL = "zone-server import-request", "zone-server import-certificate"
ISSUE_ALL = "zone-server import-requests"
TRUST = "public-key import"
POLICIES: Table = (
    Step("zs1", "policy list", "A-A-L"),
    Step("zs1", "policy set", "A-A-X-5", "menu-timeout 5", ("5",), confirm="yes", ends="out-of-range"),
    Step("zs1", "policy set", "A-A-X-5", "menu-timeout 3600", ("3600",), confirm="yes", ends=DECLINED),
    Step("zs1", "policy set", "A-A-X-5", "menu-timeout 3600", ("3600",), confirm="yes"),
    Step("zs1", "policy set", "A-A-X-5", "menu-timeout 3600", ("",)),
    Step("zs1", "policy set", "A-A-X-6-5", "penalty-after 20", ("20",), confirm="yes"),
    Step("zs1", "policy set", "A-A-X-6-6", "penalty-seconds 60", ("60",), confirm="yes"),
    Step("zs1", "policy set", "A-A-X-8-1", "login-grace 60", ("60",)),
    Step("zs1", "policy set", "A-A-X-8-2", "session-limit 1440", ("1440",), confirm="yes"),
    Step("zs1", "policy set", "A-A-X-8-3", "idle-limit 30", ("30",)),
    Step("zs1", "policy set", "A-A-X-8-4", "keep-alive 30", ("30",), confirm="yes"),
    Step("zs1", "policy set", "A-A-X-8-5", "rekey-megabytes 1024", ("1024",)),
    Step("zs1", "policy set", "A-A-X-8-6", "rekey-minutes 60", ("60",)),
    Step("zs1", "policy set", "A-A-P-M", "concurrent-logins 10", ("10",), confirm="yes"),
    Step("zs1", "policy set", "A-A-X-9-1", "post-quantum-only off", ("off",)),
    Step("zs1", "policy set", "A-A-X-9-2", "old-clients on", ("on",), confirm="yes"),
    Step("zs1", "ssh-rules add", "A-A-2-A", "127.0.0.0/33", ("127.0.0.0/33",), confirm="yes", ends="bad-network"),
    Step("zs1", "ssh-rules add", "A-A-2-A", "127.0.0.1/8", ("127.0.0.1/8",), confirm="yes"),
    Step("zs1", "ssh-rules list", "A-A-2-1"),
    Step("zs1", "ssh-rules remove", "A-A-2-D", "127.0.0.0/8", ("1",), confirm="yes"),
    Step("zs1", "banner show", "A-A-3-1"),
    Step("zs1", "banner import", "A-A-3-2", confirm="yes", ends="missing-file"),
    Put("banner_ssh.txt", "For staff only.\n", "zs1"),
    Step("zs1", "banner import", "A-A-3-2", confirm="yes"),
    Step("zs1", "banner import", "A-A-3-2"),
    Step("zs1", "banner remove", "A-A-3-3", confirm="yes"),
    Step("zs1", "banner remove", "A-A-3-3"),
    Step("zs1", "host-keys show", "A-A-4-1"),
    Step("zs1", "host-keys rotate", "A-A-4-2", "rsa", ("2",), confirm="yes"),
    Step("zs1", "host-keys forget", "A-A-4-4", "rsa", ("2",), confirm="yes"),
    Step("zs1", "host-keys forget", "A-A-4-4", "rsa", ("2",), confirm="yes", ends="step-missing"),
    Step("zs1", "host-keys retire", "A-A-4-3", "rsa", ("2",), confirm="yes", ends="step-missing"),
    Step("zs1", "host-keys rotate", "A-A-4-2", "rsa", ("2",), confirm="yes", ends=DECLINED),
    Step("zs1", "host-keys rotate", "A-A-4-2", "rsa", ("2",), confirm="yes"),
    Step("zs1", "host-keys rotate", "A-A-4-2", "rsa", ("2",)),
    Step("zs1", "host-keys retire", "A-A-4-3", "rsa", ("2",), confirm="yes"),
    Step("zs1", "penalties lift", "A-A-X-6-2", "192.0.2.9", ("192.0.2.9",)),
    Step(
        "zs1", "penalties exempt", "A-A-X-6-3", "192.0.2.9/33", ("192.0.2.9/33",), confirm="yes", ends="bad-network"
    ),
    Step("zs1", "penalties exempt", "A-A-X-6-3", "192.0.2.9/24", ("192.0.2.9/24",), confirm="yes"),
    Step("zs1", "penalties exempt", "A-A-X-6-3", "192.0.2.0/24", ("192.0.2.0/24",)),
    Step("zs1", "penalties list", "A-A-X-6-1"),
    Step("zs1", "penalties enforce", "A-A-X-6-4", "192.0.2.0/24", ("1",), confirm="yes"),
)
PEERS: Table = (
    Step("zs1", "peer scan", "2-P-3", "{ts1}", ("{ts1}",), keeps={"host_key": Kept.HOST_KEY}),
    Step(
        "zs1", "peer add", "2-P-2", "ts1 {ts1} --host-key {host_key}", ("ts1", "{ts1}"),
        confirm="yes", by_eye="host-key-new",
    ),
    Step("zs1", "peer add", "2-P-2", "ts1 {ts1}", ("ts1", "{ts1}")),
    Step("zs1", "peer list", "2-P-1"),
)  # fmt: skip
PAIRING: Table = (
    Step("ts1", "peer pairing", "2-P-5-1"),
    Step(
        "ts1", "peer pairing-text", "2-P-5-2", typed=("",), keeps={"ts1_pairing": Kept.PEM, "ts1_code": Kept.CODE},
    ),
    Step(
        "ts1", PAIR, "2-P-5-3", "--check-code {ts1_code}", paste="{ts1_pairing}\n", confirm="yes", ends="own-pairing",
    ),
    Step(
        "zs1", PAIR, "2-P-5-3", "--check-code {ts1_code}", paste="{bad_request}\n", confirm="yes",
        ends="wrong-block",
    ),
    Step(
        "zs1", PAIR, "2-P-5-3", "--check-code {ts1_code}", paste="{ts1_pairing}\n", confirm="yes", ends=DECLINED,
    ),
    Step(
        "zs1", PAIR, "2-P-5-3", "--check-code {ts1_code}", paste="{ts1_pairing}\n", confirm="yes",
        keeps={"zs1_pairing": Kept.PEM, "zs1_code": Kept.CODE},
    ),
    Step("zs1", PAIR, "2-Z-7-3", "--check-code {ts1_code}", paste="{ts1_pairing}\n"),
    Step("ts1", PAIR, "C-3-1-4-3", "--check-code {zs1_code}", paste="{zs1_pairing}\n", confirm="yes"),
    Step("zs1", TEST, "2-P-5-4", "ts1", ("ts1",), confirm="yes", ends=DECLINED),
    Step("zs1", TEST, "2-P-5-4", "ts1", ("ts1",), confirm="yes"),
    Step("ts1", TEST, "2-Z-7-4", "zs1", ("",), confirm="yes"),
    Step("ts1", TEST, "C-3-2-4-4", "zs1", ("",), confirm="yes"),
    Step("ts1", "peer pairing", "2-Z-7-1"),
    Step("zs1", "peer pairing", "C-3-1-4-1"),
    Step("zs1", "peer pairing-text", "2-Z-7-2", typed=("",)),
    Step("zs1", "peer pairing-text", "C-3-1-4-2", "--address zs1.lab.test:2222", ("zs1.lab.test:2222",)),
)  # fmt: skip
REQUEST: Table = (
    Step("zs1", CREATE, "2-Z-1", typed=("", "", ""), confirm="yes", ends=DECLINED),
    Step(
        "zs1", CREATE, "2-Z-1", "--common-name zs1.lab.test --alt-name zs1.dmz.test --alt-name 192.0.2.7",
        ("zs1.lab.test", "zs1.dmz.test, 192.0.2.7", "n"), confirm="yes",
        keeps={"code": Kept.CODE, "request": Kept.PEM},
    ),
    Step("zs1", CREATE, "2-Z-1", "--alt-name *.*.test", ("", "*.*.test", "n"), confirm="yes", ends="san-forbidden"),
    Step("ts1", CREATE, "2-Z-1", confirm="yes", ends="not-offered"),
    Step("zs1", ISSUE, "2-Z-2-1", "--from incoming", confirm="yes", ends="not-offered"),
    Step("ts1", TRUST, "2-I-2", "--from paste", confirm="yes", ends="not-offered"),
    Step("zs1", INSTALL, "2-Z-3-2", "--from paste", paste="{request}\n", confirm="yes", ends="wrong-block"),
    Step("zs1", INSTALL, "2-Z-3-3", "--from peer --peer ts1", ("ts1",), confirm="yes", ends="step-missing"),
    Step("ts1", ISSUE, "2-Z-2-1", "--from incoming", confirm="yes", ends="step-missing"),
    Step("ts1", ISSUE_ALL, "2-Z-9", confirm="yes", ends="step-missing"),
    Step("ts1", ISSUE, "2-Z-2-2", "--from paste", paste="{bad_request}\n", confirm="yes", ends="weak-key"),
    Step("ts1", ISSUE, "2-Z-2-2", "--from paste", paste="{request}\n", confirm="yes", ends=DECLINED),
    Step(
        "ts1", ISSUE, "2-Z-2-2", "--from paste", paste="{request}\n", confirm="yes",
        keeps={"certificate": Kept.PEM},
    ),
    Step("ts1", ISSUE, "2-Z-2-2", "--from paste", paste="{request}\n", confirm="yes"),
    Step("zs1", INSTALL, "2-Z-3-2", "--from paste", paste="{certificate}\n", confirm="yes", ends="no-root"),
)  # fmt: skip
ROOT: Table = (
    Step("ts1", "public-key export", "2-8", confirm="yes", keeps={"root": Kept.PEM, "root_code": Kept.CODE}),
    Step(
        "zs1", TRUST, "2-I-1", "--from incoming --fingerprint {root_code}", confirm="yes", ends="missing-file",
    ),
    Carry("tanium.pub", "ts1", "zs1"),
    Step("zs1", TRUST, "2-I-1", "--from incoming --fingerprint {root_code}", confirm="yes", ends=DECLINED),
    Step(
        "zs1", TRUST, "2-I-2", "--from paste --fingerprint {root_code}", paste="{root}\n", confirm="yes",
    ),
    Step("zs1", TRUST, "2-I-1", "--from incoming --fingerprint {root_code}"),
    Step("zs1", TRUST, "2-I-3", "--from peer --peer ts1 --fingerprint {root_code}", ("ts1",)),
)  # fmt: skip
SERVED = Until("ts1", "zone-server status", '"check_code": "{code}"[^}}]*"state": "complete"')
INSTALLATION: Table = (
    Step("zs1", INSTALL, "2-Z-3-1", "--from incoming", confirm="yes", ends="step-missing"),
    Step("zs1", INSTALL, "2-Z-3-2", "--from paste", paste="{certificate}\n", confirm="yes"),
    Step(
        "zs1", CREATE, "2-Z-1", "--send --peer ts1", ("", "", "y", "ts1", "", ""), confirm="yes",
        keeps={"code": Kept.CODE},
    ),
    Step("ts1", ISSUE_ALL, "2-Z-9", confirm="1", ends=DECLINED),
    Step("ts1", ISSUE_ALL, "2-Z-9", confirm="1"),
    Step("zs1", CREATE, "2-Z-1", "", ("", "", "n"), confirm="REPLACE", ends=DECLINED),
    Step("zs1", CREATE, "2-Z-1", "", ("", "", "n"), confirm="REPLACE", keeps={"code": Kept.CODE}),
    Step("zs1", SEND, "2-Z-4", "--peer ts1", ("ts1", "", ""), confirm="yes"),
    Step("zs1", "zone-server status", "2-Z-6"),
    Step(
        "ts1", ISSUE, "2-Z-2-1", "--from incoming --file reporting-{code:.4}.csr", ("reporting-{code:.4}.csr",),
        confirm="yes",
    ),
    Step("ts1", "zone-server try-tls", "2-Z-8", confirm="yes"),
    Carry("reporting-{code:.4}.crt", "ts1", "zs1"),
    Step("zs1", INSTALL, "2-Z-3-1", "--from incoming", confirm="yes", ends=DECLINED),
    Step("zs1", INSTALL, "2-Z-3-3", "--from peer --peer ts1", ("",), confirm="yes"),
    SERVED,
    Step("zs1", INSTALL, "2-Z-3-1", "--from incoming"),
    Step(
        "zs1", CREATE, "2-Z-1", "--send --peer ts1", ("", "", "y", "", "", ""), confirm="yes",
        keeps={"code": Kept.CODE},
    ),
    Step(
        "ts1", ISSUE, "2-Z-2-1", "--from incoming --file reporting-{code:.4}.csr", ("reporting-{code:.4}.csr",),
        confirm="yes",
    ),
    Carry("reporting.crt", "ts1", "zs1"),
    Step("zs1", INSTALL, "2-Z-3-1", "--from incoming", confirm="yes"),
    SERVED,
    Step("ts1", "zone-server status", "2-Z-6"),
    Step("zs1", "zone-server restore-certificate", "2-Z-5", "1", ("v1",), confirm="yes"),
)  # fmt: skip
RENEW, ANSWER = "certificates renew", "certificates install-answer"
RENEWAL: Table = (
    Step("zs1", RENEW, "4-2-4", "--due"),
    Step("zs1", ANSWER, "4-2-5-1", "--from incoming", confirm="yes", ends="step-missing"),
    Step("zs1", RENEW, "4-2-3", "reporting", ("reporting", ""), confirm="yes", ends=DECLINED),
    Step("zs1", RENEW, "4-2-3", "reporting", ("reporting", ""), confirm="yes", keeps={"renewal": Kept.PEM}),
    Step("zs1", RENEW, "4-2-3", "reporting", ("reporting", "")),
    Step("zs1", "certificates show", "4-2-2", "reporting", ("reporting",)),
    Step("zs1", ANSWER, "4-2-5-1", "--from incoming", confirm="yes", ends="key-mismatch"),
    Step("ts1", ISSUE, "2-Z-2-2", "--from paste", paste="{renewal}\n", confirm="yes"),
    Carry("reporting.crt", "ts1", "zs1"),
    Step("zs1", ANSWER, "4-2-5-1", "--from incoming", confirm="yes"),
    Step(
        "zs1", RENEW, "4-2-3", "reporting --alt-name zs1-new.lab.test", ("reporting", "zs1-new.lab.test"),
        confirm="yes", keeps={"renewal": Kept.PEM},
    ),
    Step("ts1", ISSUE, "2-Z-2-2", "--from paste", paste="{renewal}\n", confirm="yes", keeps={"renewed": Kept.PEM}),
    Step("zs1", ANSWER, "4-2-5-2", "--from paste", paste="{renewed}\n", confirm="yes"),
    Step("ts1", RENEW, "4-2-3", "reporting", ("reporting", ""), confirm="yes"),
    Step("ts1", RENEW, "4-2-4", "--due"),
)  # fmt: skip
AFTERWARDS: Table = (
    Step("zs1", "settings list", "2-2-9-1", "--component zone-server"),
    Step("zs1", "settings show", "2-2-9-3", "--component zone-server ReportingTLSMode", ("ReportingTLSMode",)),
    Step("zs1", "certificates list", "4-2-1"),
    Step("ts1", "certificates list", "4-2-1"),
    Step("zs1", "zone-server status", "2-Z-6"),
    Step("zs1", "status", "4-1"),
    Step("zs1", "peer remove", "2-P-4", "ts1", ("ts1",), confirm="yes"),
)
REVOKED: Table = (
    Step("zs1", "revoked-keys add", "C-K-2", "{key} --reason lost", ("{key}", "", "lost"), confirm="yes"),
    Step("zs1", "revoked-keys add", "C-K-2", "{key}", ("{key}", "", "")),
    Step("zs1", "revoked-keys add", "C-K-2", "{own}", ("{own}", "", ""), confirm="yes", ends="last-way-in"),
    Step("zs1", ADD, "C-3-2-3-2", "tancopy", paste="{ts1_key}\n", confirm="yes", ends="key-revoked"),
    Step("zs1", "revoked-keys list", "C-K-1"),
    Step("zs1", "revoked-keys remove", "C-K-3", "K1", ("K1",), confirm="yes"),
)
DROP_BOX: Table = (
    Step("zs1", "audit list", "4-A-1", "--about no-such-thing", ("no-such-thing", "", "")),
    Step("zs1", "audit list", "4-A-1", "--since yesterday", ("", "", "yesterday"), ends="bad-time"),
    Step("zs1", "audit show", "4-A-2", "A-0", ("A-0",), ends="no-such-record"),
    Step("zs1", "audit show", "4-A-2", "A-1", ("A-1",)),
    Step(
        "zs1",
        "audit export",
        "4-A-3",
        "--about no-such-thing",
        ("no-such-thing", "", ""),
        confirm="yes",
        ends=DECLINED,
    ),
    Step("zs1", "audit export", "4-A-3", "--about no-such-thing", ("no-such-thing", "", ""), confirm="yes"),
    Step("zs1", "audit archive", "4-A-4"),
    Step("zs1", "policy set", "4-A-5", "audit-days 0", ("0",), confirm="yes"),
    Step("ts1", "drop-box empty", "2-D-2", confirm="yes"),
    Step("ts1", "policy set", "2-D-3", "incoming-emptied off", ("off",), confirm="yes"),
    Step("ts1", "policy set", "2-D-4", "incoming-hour 24", ("24",), confirm="yes", ends="out-of-range"),
    Step("ts1", "policy set", "2-D-4", "incoming-hour 3", ("3",), confirm="yes"),
    Step("ts1", "policy set", "2-D-5", "outgoing-days 0", ("0",), confirm="yes"),
    Step("ts1", "policy set", "2-D-6", "incoming-known-only on", ("on",), confirm="yes"),
    Step("ts1", "policy set", "2-D-7", "incoming-largest 64", ("64",), confirm="yes"),
    Step("ts1", "policy set", "2-D-8", "incoming-megabytes 512", ("512",), confirm="yes"),
    Step("ts1", "policy set", "2-D-9", "incoming-files 100", ("100",), confirm="yes"),
)
STEPS: Table = (
    *SERVICES,
    *SETTINGS,
    *CONSOLE_USERS,
    *HTML_BANNER,
    *SIGNING_KEYS,
    *MODULES,
    *SOAP,
    *RELYING,
    *STRANGERS,
    *KEYS,
    *REVOKED,
    *KNOWN_KEYS,
    *TRIALS,
    *ACCOUNTS,
    *PASSWORDS,
    *CODES,
    *POLICIES,
    *PEERS,
    *PAIRING,
    *REQUEST,
    *ROOT,
    *INSTALLATION,
    *RENEWAL,
    *AFTERWARDS,
    *REVOCATIONS,
    *DROP_BOX,
    *TRUST_IN_SERVERS,
    *SERVER_KEYS,
    *ROOT_KEYS,
)
