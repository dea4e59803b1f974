"""Registering a Module Server: each side's half, by each face."""

from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from tanos.certificates.pair_kinds import SSL
from tanos.certificates.self_signed import self_signed
from tests.stories.three_faces.step import DECLINED, Kept, Put, Step, Table
from tests.tanos.https_pairs.made import authority, rsa_key

_KEY, _CERTIFICATE = self_signed(SSL, "ms1.lab.test", (), datetime.now(UTC))
_LEAF = authority().issue(common_name="ms1.lab.test", names=("ms1.lab.test",), now=datetime.now(UTC), days=(-1, 300))
_PACKED = serialize_key_and_certificates(b"ssl", rsa_key(), _LEAF, None, BestAvailableEncryption(b"secret"))
_REPLACE, _AGAIN = "module-server install-cert", "module-server re-register"
_REGISTER, _JOIN = "module-server register", "TaniumModuleServer register"
_AT_MS = "{ms1_https} --fingerprint {ms_code}"
MODULES: Table = (
    Step("ts1", "console-users reset", "C-L-2-1-1", "tanium", confirm="yes", keeps={"console": Kept.PASSWORD}),
    Step("ts1", "module-server status", "2-3-4"),
    Step("ms1", "module-server code", "2-3-2", confirm="yes", ends=DECLINED),
    Step(
        "ms1",
        "module-server code",
        "2-3-2",
        confirm="yes",
        keeps={"registration": Kept.PASSWORD, "ms_code": Kept.CODE},
    ),
    Step(
        "ts1",
        _REGISTER,
        "2-3-1",
        _AT_MS,
        ("{ms1_https}",),
        later=("", "wrong", "{registration}"),
        stdin="wrong\n{registration}\n",
        confirm="yes",
        ends="console-sign-in-refused",
    ),
    Step(
        "ts1",
        _REGISTER,
        "2-3-1",
        _AT_MS,
        ("{ms1_https}",),
        later=("", "{console}", "{registration}"),
        stdin="{console}\n{registration}\n",
        confirm="yes",
    ),
    Step("ms1", "module-server status", "2-3-4", keeps={"soap": Kept.CODE}),
    Put(SSL.certificate, _CERTIFICATE.decode(), "ms1"),
    Step("ms1", "module-server requirements", "2-3-9"),
    Step("ms1", _REPLACE, "2-3-7", typed=("YES",), ends="missing-file", confirm="YES", decides="y"),
    Put(SSL.key, _KEY.decode(), "ms1"),
    Step("ms1", _REPLACE, "2-3-7", typed=("YES",), ends=DECLINED, confirm="YES", decides="y"),
    Step("ms1", _REPLACE, "2-3-7", typed=("YES",), confirm="YES", decides="y"),
    Step("ms1", "module-server remove-backup", "2-3-C", confirm="yes"),
    Put("ssl.p12", _PACKED, "ms1"),
    Step(
        "ms1",
        _REPLACE,
        "2-3-A",
        "--from pkcs12 --no-backup",
        ("YES", "secret"),
        stdin="secret\n",
        confirm="YES",
        decides="n",
    ),
    Step("ms1", _AGAIN, "2-3-8", later=("", "{console}"), stdin="{console}\n", confirm="yes"),
    Step("ms1", "module-server restore-cert", "2-3-B", typed=("",), confirm="yes"),
    Step("ms1", "module-server status", "2-3-4"),
    Step(
        "ms1",
        _JOIN,
        "2-3-3",
        "{ts1_https} --fingerprint {soap}",
        ("{ts1_https}",),
        later=("", "{console}"),
        stdin="{console}\n",
        confirm="yes",
    ),
    Step("ms1", "module-server export", "2-3-5", confirm="yes"),
    Step("ms1", "module-server forget", "2-3-6", "ts1.lab.test", ("1",), confirm="yes"),
)
