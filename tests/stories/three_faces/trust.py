"""Trusted Tanium Servers, done by each face, about two that were introduced: one is accepted, the other denied."""

from tests.stories.three_faces.newer import NEWER
from tests.stories.three_faces.step import DECLINED, Kept, Step, Table

LIST, SHOW, ACCEPT, DENY = "trust list", "trust show", "trust accept", "trust deny"
REVOKE, HISTORY, GUIDE = "trust revoke", "trust history", "trust guide"
DISCOVER = "trust discover"
TRUST_IN_SERVERS: Table = (
    Step(NEWER, LIST, "2-T-1"),
    Step(NEWER, "trust synchronisation", "2-T-9"),
    Step(NEWER, DISCOVER, "2-T-8", "rubbish:", ("rubbish:",), confirm="yes", ends="bad-address"),
    Step(NEWER, DISCOVER, "2-T-8", "ts2.lab.test", ("ts2.lab.test",), confirm="yes", ends="own-record"),
    Step(NEWER, DISCOVER, "2-T-8", "x=127.0.0.1:1", ("x=127.0.0.1:1",), confirm="yes"),
    Step(NEWER, SHOW, "2-T-2", "ts3.lab.test", ("1",), keeps={"ts3": Kept.CODE}),
    Step(NEWER, ACCEPT, "2-T-3", "ts4.lab.test --fingerprint {ts3}", ("2", "", "{ts3}"), confirm="yes",
         ends="fingerprint-mismatch"),
    Step(NEWER, ACCEPT, "2-T-3", "ts4.lab.test --code 12345", ("2", "12345"), confirm="yes", ends="wrong-trust-code"),
    Step(NEWER, ACCEPT, "2-T-3", "ts3.lab.test --fingerprint {ts3}", ("1", "", "{ts3}"), confirm="yes",
         ends=DECLINED),
    Step(NEWER, ACCEPT, "2-T-3", "ts3.lab.test --fingerprint {ts3}", ("1", "", "{ts3}"), confirm="yes"),
    Step(NEWER, REVOKE, "2-T-5", "ts3.lab.test", ("1",), confirm="yes"),
    Step(NEWER, DENY, "2-T-4", "ts4.lab.test", ("1",), confirm="ts4.lab.test", ends=DECLINED),
    Step(NEWER, DENY, "2-T-4", "ts4.lab.test", ("1",), confirm="ts4.lab.test"),
    Step(NEWER, HISTORY, "2-T-6"),
    Step(NEWER, GUIDE, "2-T-7"),
)  # fmt: skip
