"""Users of the Tanium Console, and its certificate: what is done by each face."""

from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from tests.stories.three_faces.step import DECLINED, Issue, Kept, Put, Step, Table
from tests.tanos.https_pairs.made import authority, key_pem, pem, rsa_key

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

_NOW = datetime.now(UTC)
_LEAF, _NEXT = (authority().issue(now=_NOW, days=(-1, end)) for end in (200, 300))
_PKCS12 = serialize_key_and_certificates(b"soap", rsa_key(), _NEXT, None, BestAvailableEncryption(b"secret"))
_INSTALL = "soap-cert install"
_CREATE = "soap-cert create-csr"
_ASKED = ("YES",)
SOAP: Table = (
    Step("ts1", "soap-cert requirements", "2-C-1"),
    Step("ts1", "soap-cert guide", "2-C-G"),
    Step(
        "ts1",
        "soap-cert set-other",
        "2-C-9",
        "127.0.0.1:1 --as primary",
        ("127.0.0.1:1", "1", "n"),
        confirm="yes",
        ends="other-end-unreachable",
    ),
    Step(
        "ts1",
        "soap-cert set-other",
        "2-C-9",
        "{ms1_https} --as secondary --shared",
        ("{ms1_https}", "2", "y"),
        confirm="yes",
    ),
    Step("ts1", "soap-cert guide", "2-C-G"),
    Step("ts1", "soap-cert forget-other", "2-C-F", confirm="yes"),
    Step("ts1", "soap-cert forget-other", "2-C-F"),
    Step("ts1", "soap-cert publish", "2-7", confirm="yes"),
    Step("ts1", "soap-cert publish", "2-7"),
    Step("ts1", _INSTALL, "2-4", typed=_ASKED, confirm="YES", decides="y", ends="missing-file"),
    Put("SOAPServer.crt", pem(authority().issuing, _LEAF), "ts1"),
    Put("SOAPServer.key", key_pem(rsa_key(1)), "ts1"),
    Step("ts1", _INSTALL, "2-4", typed=_ASKED, confirm="YES", decides="y", ends="key-mismatch"),
    Put("SOAPServer.key", key_pem(rsa_key()), "ts1"),
    Step("ts1", _INSTALL, "2-4", typed=_ASKED, confirm="YES", ends=DECLINED, decides="y"),
    Step("ts1", _INSTALL, "2-4", typed=_ASKED, confirm="YES", decides="y"),
    Put("SOAPServer.p12", _PKCS12, "ts1"),
    Step(
        "ts1",
        _INSTALL,
        "2-C-2",
        "--from pkcs12 --no-backup",
        ("YES", "wrong"),
        stdin="wrong\n",
        confirm="YES",
        decides="n",
        ends="wrong-passphrase",
    ),
    Step(
        "ts1",
        _INSTALL,
        "2-C-2",
        "--from pkcs12 --no-backup",
        ("YES", "secret"),
        stdin="secret\n",
        confirm="YES",
        decides="n",
    ),
    Step("ts1", "soap-cert restore", "2-C-3", typed=("",), confirm="yes"),
    Step("ts1", "soap-cert remove-backup", "2-C-4", confirm="yes"),
    Step("ts1", "soap-cert remove-backup", "2-C-4"),
    Step("ts1", _CREATE, "2-C-6", "--alt-name localhost", ("localhost",), confirm="yes", ends="san-forbidden"),
    Step("ts1", _CREATE, "2-C-6", typed=("",), confirm="yes", keeps={"request_of_ts1": Kept.PEM}),
    Step("ts1", _CREATE, "2-C-6", typed=("",), confirm="REPLACE", ends=DECLINED),
    Step("ts1", _INSTALL, "2-C-7", "--from answer", _ASKED, confirm="YES", decides="y", ends="key-mismatch"),
    Issue("request_of_ts1", "answer_to_ts1", "SOAPServer.crt", "ts1"),
    Step("ts1", _INSTALL, "2-C-7", "--from answer", _ASKED, confirm="YES", decides="y"),
    Step("ts1", _CREATE, "2-C-6", typed=("",), confirm="yes", keeps={"request_of_ts1": Kept.PEM}),
    Issue("request_of_ts1", "answer_to_ts1", "SOAPServer.crt", "ts1"),
    Step("ts1", _INSTALL, "2-C-8", "--from paste", _ASKED, paste="{answer_to_ts1}\n", confirm="YES", decides="y"),
    Step("ts1", "soap-cert withdraw", "2-C-5", confirm="yes"),
)
