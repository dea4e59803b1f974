"""The command face: exit statuses, what stands on stdout and on stderr, and JSON."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from menus.command import run_words
from menus.language import choose
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.confinement.told import means
from tanos.keeper import Keeper
from tanos.keys.host_keys import host_fingerprints
from tanos.platform import UserRole
from tests.menus.conftest import Typist, call_for
from tests.tanos.https_pairs.made import authority, key_pem, pem, rsa_key


class Said:
    """What a verb answered."""

    def __init__(self, appliance: Appliance, line: str, stdin: bytes, role: UserRole) -> None:
        with Typist(stdin) as typist:
            call = call_for(appliance, "verb", role)("")
            self.status = run_words(line.split(), lambda _: call, typist.streams)
            self.out, self.err = typist.out.getvalue(), typist.err.getvalue()

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        assert self.out.count("\n") == 1
        found = json.loads(self.out)
        assert found["schema"] == 1
        return dict(found)


def say(appliance: Appliance, line: str, stdin: bytes = b"", role: UserRole = UserRole.TANADMIN) -> Said:
    """Run one verb as a signed-in user would."""
    return Said(appliance, line, stdin, role)


def test_a_question_is_answered_as_text_or_as_json(zone_server: Appliance) -> None:
    said = say(zone_server, "status")
    assert (said.status, said.err) == (0, "")
    assert "FQDN: zs1.lab.test\n" in said.out
    assert f"confinement: {means().sentence}\n" in said.out
    assert say(zone_server, "status --json").json["name"] == "zs1"
    assert say(zone_server, "--json status").json["name"] == "zs1"


def test_a_change_without_yes_shows_the_plan_and_changes_nothing(zone_server: Appliance) -> None:
    said = say(zone_server, "zone-server create-csr --json")
    assert said.status == 2
    assert said.json["error"]["id"] == "needs-yes"
    assert said.json["plan"]["names"] == ["zs1.lab.test"]
    assert said.json["plan"]["confirm"] == "yes"
    plain = say(zone_server, "zone-server create-csr")
    assert plain.status == 2
    assert "common name: zs1.lab.test" in plain.out
    assert "Add --yes." in plain.err
    assert not list(zone_server.requests.iterdir())


def test_what_wants_a_typed_word_is_not_done_by_yes_alone(tanium_server: Appliance) -> None:
    leaf = authority().issue(now=datetime.now(UTC))
    (tanium_server.incoming / "SOAPServer.crt").write_bytes(pem(leaf))
    (tanium_server.incoming / "SOAPServer.key").write_bytes(key_pem(rsa_key()))
    for words in ("", "--yes"):
        said = say(tanium_server, f"soap-cert install --no-backup --json {words}")
        assert (said.status, said.json["error"]["id"], said.json["plan"]["confirm"]) == (2, "needs-yes", "YES")
        assert "Add --confirm YES." in said.err
        assert (tanium_server.incoming / "SOAPServer.key").exists()
    done = say(tanium_server, "soap-cert install --no-backup --json --confirm YES")
    assert (done.status, done.json["fingerprint"]) == (0, fingerprint(leaf))


@pytest.mark.parametrize(
    "line", ["{}", "peer add {} ts1", "ssh-keys show {}", "zone-server create-csr --common-name {}"]
)
def test_a_private_key_among_the_words_is_refused_and_nothing_of_it_is_said(
    zone_server: Appliance, line: str
) -> None:
    source = Path(__file__).parents[1] / "data" / "pastes" / "source"
    letters = "".join((source / "exposed.sec1").read_text().splitlines()[1:-1])
    for words in (line, f"{line} --json"):
        said = say(zone_server, words.format(letters))
        assert said.status == 3
        assert "Refused: private-key" in said.err
        assert letters[:20] not in said.out + said.err


def test_a_dry_run_shows_the_plan_and_says_whether_it_would_be_refused(zone_server: Appliance) -> None:
    said = say(zone_server, "zone-server create-csr --dry-run --yes --json")
    assert said.status == 0
    assert "error" not in said.json
    assert not list(zone_server.requests.iterdir())
    refused = say(zone_server, "authorized-keys add tanadmin --dry-run --json", b"nonsense")
    assert refused.status == 3
    assert refused.json["error"]["id"] == "not-a-key"


def test_a_change_answers_with_its_promised_fields(zone_server: Appliance) -> None:
    said = say(zone_server, "zone-server create-csr --alt-name a.test --alt-name 10.0.0.7 --yes --json")
    assert said.status == 0
    assert {"csr", "check_code", "subject", "names", "findings"} <= set(said.json)
    assert said.json["names"] == ["zs1.lab.test", "a.test", "10.0.0.7"]
    assert "Making the key" in said.err


def test_a_typed_word_may_be_given_or_stand_as_a_flag(zone_server: Appliance) -> None:
    assert say(zone_server, "zone-server create-csr --yes").status == 0
    wants = say(zone_server, "zone-server create-csr --yes --json")
    assert (wants.status, wants.json["error"]["id"]) == (2, "needs-yes")
    assert wants.json["error"]["remedy"] == "Add --replace."
    assert say(zone_server, "zone-server create-csr --replace").status == 2
    assert say(zone_server, "zone-server create-csr --confirm wrong").status == 2
    assert say(zone_server, "zone-server create-csr --confirm replace").status == 0
    assert say(zone_server, "zone-server create-csr --replace --yes").status == 0


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("frobnicate", "unknown-verb"),
        ("zone-server", "unknown-verb"),
        ("zone-server frobnicate", "unknown-verb"),
        ("rm -rf /", "unknown-verb"),
        ("status; id", "unknown-verb"),
        ("status --frobnicate", "unknown-option"),
        ("status more", "wrong-use"),
        ("status --yes", "unknown-option"),
        ("status --home /etc", "unknown-option"),
        ("status --user tanadmin", "unknown-option"),
        ("ssh-keys show", "missing-answer"),
        ("peer add ts1", "missing-answer"),
        ("public-key import --from incoming --yes", "missing-answer"),
        ("public-key import --fingerprint x --yes", "missing-answer"),
        ("public-key import --from afar --fingerprint x", "unknown-choice"),
        ("public-key import --from paste --peer ts1 --fingerprint x", "unused-answer"),
        ("zone-server create-csr --peer ts1", "unused-answer"),
        ("zone-server create-csr --comm zs1", "unknown-option"),
    ],
)
def test_what_is_not_understood_says_so_on_stderr_alone(zone_server: Appliance, line: str, error: str) -> None:
    said = say(zone_server, line)
    assert (said.status, said.out) == (2, "")
    assert f": {error}\n" in said.err
    as_json = say(zone_server, f"{line} --json")
    assert (as_json.status, as_json.json["error"]["id"]) == (2, error)


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [
        ("zone-server import-request --from incoming --yes", 5, "not-offered"),
        ("public-key export", 5, "not-offered"),
        ("ssh-keys show nobody", 3, "no-such-user"),
        ("peer remove ts9 --yes", 3, "unknown-peer"),
        ("zone-server import-certificate --from peer --yes", 4, "step-missing"),
        ("zone-server restore-certificate --yes", 4, "step-missing"),
        ("settings show nonsense", 3, "no-such-setting"),
    ],
)
def test_a_refusal_has_its_exit_status_and_its_id(zone_server: Appliance, line: str, status: int, error: str) -> None:
    said = say(zone_server, f"{line} --json")
    assert (said.status, said.json["error"]["id"]) == (status, error)
    assert {"message", "remedy", "findings"} <= set(said.json["error"])


def test_what_is_not_offered_awaits_no_paste_and_says_where_it_is(zone_server: Appliance) -> None:
    said = say(zone_server, "zone-server import-request --from paste --json", b"x" * 10)
    assert said.status == 5
    assert "Tanium Server with Hub" in said.json["error"]["remedy"]
    assert say(zone_server, "peer list --json", role=UserRole.TANUSER).status == 5


def test_a_paste_is_read_from_stdin_and_no_further_than_its_limit(tanium_server: Appliance) -> None:
    said = say(tanium_server, "zone-server import-request --from paste --yes --json", b"x" * 65_536)
    assert (said.status, said.json["error"]["id"]) == (3, "not-pem")
    said = say(tanium_server, "zone-server import-request --from paste --yes --json")
    assert said.status == 3


def test_an_internal_fault_is_one_sentence_and_a_reference(
    zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tanos.keeper.Keeper.ssh_public_line", lambda *_: 1 / 0)
    said = say(zone_server, "ssh-keys show tanadmin --json")
    assert said.status == 1
    assert said.json["error"]["id"] == "internal"
    reference = said.json["error"]["reference"]
    assert "Traceback" not in said.err + said.out
    log = (zone_server.home / "log" / "faults.log").read_text()
    assert f" {reference} ssh-keys show\n" in log
    assert "ZeroDivisionError" in log
    rows = zone_server.store.rows("SELECT verb, object, result FROM audit WHERE result = 'internal'")
    assert [tuple(row) for row in rows] == [("ssh-keys show", reference, "internal")]


def test_a_fault_that_cannot_be_audited_is_told_all_the_same(
    zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tanos.keeper.Keeper.ssh_public_line", lambda *_: 1 / 0)
    monkeypatch.setattr("tanos.store.store.Store.refused", lambda *_: 1 / 0)
    assert say(zone_server, "ssh-keys show tanadmin --json").json["error"]["reference"].startswith("F-")


def test_json_is_english_whatever_the_operator_speaks(zone_server: Appliance) -> None:
    choose({"TANOS_LANGUAGE": "mangle"})
    said = say(zone_server, "public-key export --json")
    assert "⟦" in said.err
    assert "⟦" not in json.dumps(said.json, ensure_ascii=False)


def test_the_whole_tree_is_listed_for_programs(zone_server: Appliance) -> None:
    verbs = {verb["verb"]: verb for verb in say(zone_server, "verbs --json").json["verbs"]}
    create = verbs["zone-server create-csr"]
    assert create["menu"] == ["2-Z-1"]
    assert create["changes"] is True
    assert {"name": "alt_names", "word": "--alt-name", "many": True}.items() <= create["asks"][1].items()
    assert create["offer"]["roles"] == ["zone-server"]
    source, _, text = verbs["zone-server import-request"]["asks"]
    assert (source["word"], source["choices"]) == ("--from", ["incoming", "paste"])
    assert (text["word"], text["stdin"]) == ("", True)
    told = say(zone_server, "zone-server import-request --help").out
    assert "--from incoming|paste" in told
    assert "Reads from stdin: Certificate request." in told
    assert "zone-server create-csr: " in say(zone_server, "verbs").out


def test_help_is_asked_of_all_of_a_noun_and_of_a_verb(zone_server: Appliance) -> None:
    assert "peer scan" in say(zone_server, "--help").out
    noun = say(zone_server, "peer --help")
    assert "peer scan" in noun.out
    assert "zone-server" not in noun.out
    verb = say(zone_server, "zone-server create-csr --help")
    assert (verb.status, verb.err) == (0, "")
    assert "--replace" in verb.out
    assert "--home" not in verb.out
    assert "exchange" in say(zone_server, "status --help").out or say(zone_server, "status --help").status == 0


@pytest.mark.parametrize(
    ("line", "usage", "words"),
    [
        ("policy set", "[OPTIONS] NAME VALUE", ["menu-timeoutMenutimeout", "Value"]),
        ("users role", "[OPTIONS] USER ROLE", ["tanadmineverything", "tanuserstatus"]),
        ("authorized-keys list", "[OPTIONS] [USER]", ["User"]),
        ("public-key import", "[OPTIONS]", ["Needed."]),
    ],
)
def test_help_says_which_words_are_needed_and_which_there_are(
    zone_server: Appliance, line: str, usage: str, words: list[str]
) -> None:
    told = say(zone_server, f"{line} --help").out
    assert f"{line} {usage}\n" in told
    bare = "".join(told.split())
    assert all(word in bare for word in words)


@pytest.mark.parametrize("line", ["", "peer", "peer add", "status"])
def test_help_may_be_said_as_a_word_too(zone_server: Appliance, line: str) -> None:
    said = say(zone_server, f"help {line}")
    assert (said.status, said.out) == (0, say(zone_server, f"{line} --help").out)


@pytest.mark.parametrize("line", ["frobnicate", "peer frobnicate", "help frobnicate"])
def test_a_verb_that_is_not_known_says_where_they_are_told(zone_server: Appliance, line: str) -> None:
    assert "--help" in say(zone_server, line).err


def test_every_attempt_to_change_is_audited_with_its_id_and_a_look_at_the_plan_is_none(
    zone_server: Appliance,
) -> None:
    say(zone_server, "zone-server create-csr")
    say(zone_server, "zone-server create-csr --yes")
    say(zone_server, "zone-server restore-certificate --yes")
    rows = zone_server.store.rows("SELECT verb, face, result FROM audit WHERE face = 'verb' ORDER BY id DESC")
    assert [tuple(row) for row in rows] == [
        ("zone-server restore-certificate", "verb", "step-missing"),
        ("zone-server create-csr", "verb", "done"),
    ]


@pytest.mark.parametrize("verb", ["status", "zone-server create-csr --yes", "authorized-keys list tanadmin"])
def test_findings_are_told_by_every_verb(zone_server: Appliance, verb: str) -> None:
    assert isinstance(say(zone_server, f"{verb} --json").json["findings"], list)


def test_status_shows_the_host_keys_that_others_compare(zone_server: Appliance) -> None:
    Keeper(zone_server).make_host_keys()
    keys = host_fingerprints(zone_server)
    shown = {key["type"]: key["fingerprint"] for key in say(zone_server, "status --json").json["host_keys"]}
    assert shown == keys
    assert len(keys) == 2
    out = say(zone_server, "status").out
    assert all(f"host key: {fingerprint} ({kind})" in out for kind, fingerprint in keys.items())
