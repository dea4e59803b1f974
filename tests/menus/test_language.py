"""Words for operators: translated, data inert, and nothing bare left in the pseudo-language."""

import re

import pytest

from menus.language import choose, language_of, speak, speaks_unicode
from menus.plain import run_plain
from menus.tree import MAIN
from tanos.appliance import Appliance
from tanos.exchange.offers import ISSUER
from tanos.message import N_, Message
from tanos.offer import EVERYWHERE
from tests.conftest import TS1
from tests.menus.conftest import Typist, call_for

INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
DATA = re.compile(
    r"^ [a-z-]+: |ts1|zs1|lab\.test|tanadmin|tancopy|ReportingTLS\w+"
    r"|reporting(?:\.crt)?|SOAPServer\.crt|tanium\.pub|CN=[\w.-]+|\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    r"|Ed25519|ssh-ed25519|ssh-rsa|AAAA\S+|SHA256:\S+|[0-9A-F:-]{8,}|\S+/\S+|v1|r$|\d"
)


def bare(text: str) -> list[str]:
    """Return the lines that still hold letters once every bracketed text and all known data are taken away."""
    while INNERMOST.search(text):
        text = INNERMOST.sub("", text)
    lines = (DATA.sub("", re.sub(r"^([0-9A-Z]|\d+)  ", "", line)) for line in text.splitlines())
    return [line for line in lines if re.search(r"[^\W\d_]{2}", line)]


def test_the_mangled_plain_face_shows_no_bare_text(zone_server: Appliance, tanium_server: Appliance) -> None:
    choose({"TANOS_LANGUAGE": "mangle"})
    typed = "?\n2\n?\n2\n1\n2\n\nr\nR\nI\n?\nrr\n2-P\n?\n1\n2\n\nr\n2-Z\n?\n2\n1\n1-1\n5\n6\n4\nRR\n9\n"
    typed += "C-3\n?\n1\n?\n1\nyes\n3\n1\n2\nrubbish\n\n3\nr\n4-1\n4-2\n2-Z-1\n\n\nn\nno\n2-Z-3-2\n.\n\n.\n"
    for appliance in (zone_server, tanium_server):
        with Typist(typed.encode()) as typist:
            run_plain(call_for(appliance), MAIN, typist.streams)
        said = typist.out.getvalue()
        assert said.count("⟦") > 100
        assert bare(said) == []


def test_a_bare_text_would_be_found() -> None:
    assert bare("⟦Main menu⟧ (2-Z)\n1  ⟦Create⟧: ⟦a⟦b⟧c⟧ zs1\n") == []
    assert bare("⟦Main⟧ menu") == [" menu"]


def test_data_is_inert_and_words_are_translated() -> None:
    choose({"TANOS_LANGUAGE": "mangle"})
    assert speak("a\x1b[2Jb\u202e") == "a\\x1b[2Jb\\u202e"
    assert speak(N_("file {name}, {count:,}", name="x\ny", count=1234)) == "⟦file x\\x0ay, 1,234⟧"
    assert speak(N_("{label}: ", label=N_("Name"))) == "⟦⟦Name⟧: ⟧"


def test_a_moment_is_said_to_the_minute_and_the_end_of_what_has_none_as_none() -> None:
    assert speak("2027-12-24T12:55:00Z") == "2027-12-24 12:55 UTC"
    assert speak("9999-12-31T23:59:59Z") == "no end"
    assert speak("9999-12-31") == "no end"
    assert speak(N_("until {end}", end="9999-12-31T23:59:59Z")) == "until no end"


def test_words_within_words_are_translated_too() -> None:
    choose({"TANOS_LANGUAGE": "mangle"})
    assert speak(TS1.title) == "⟦⟦Tanium Server⟧ with Hub⟧"
    assert speak(ISSUER.where()) == "⟦It is offered on ⟦⟦Tanium Server⟧ with Hub⟧, release 7.2 or 7.3.⟧"
    everywhere = "⟦⟦Tanium Server⟧, ⟦⟦Module Server⟧, ⟦Zone Server⟧⟧⟧"
    assert speak(EVERYWHERE.where()) == f"⟦It is offered on {everywhere}.⟧"
    assert str(EVERYWHERE.where()) == "It is offered on Tanium Server, Module Server, Zone Server."


def test_a_broken_template_falls_back_to_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("menus.language._Chosen.translate", staticmethod(lambda _: "Datei {nam}"))
    assert speak(Message("file {name}", {"name": "x"})) == "file x"


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"TANOS_LANGUAGE": "ja", "LANG": "de_DE"}, "ja"),
        ({"LANG": "mangle"}, "en"),
        ({"TANOS_LANGUAGE": "../../etc"}, "en"),
    ],
)
def test_the_language_is_chosen_by_the_environment(environment: dict[str, str], name: str) -> None:
    assert language_of(environment) == name
    assert choose(environment) == name
    assert speak(N_("Main menu"))


def test_a_terminal_without_utf8_is_noticed() -> None:
    assert speaks_unicode({})
    assert speaks_unicode({"LANG": "en_US.utf8"})
    assert not speaks_unicode({"LC_ALL": "C", "LANG": "en_US.UTF-8"})


def test_a_moment_is_said_to_the_minute_with_its_zone() -> None:
    assert speak("2036-11-19T04:07:54Z") == "2036-11-19 04:07 UTC"
    assert speak(N_("until {end}", end="2036-11-19T04:07:54Z")) == "until 2036-11-19 04:07 UTC"
    assert speak("file-2036-11-19T04:07:54Z") == "file-2036-11-19T04:07:54Z"


def test_what_is_counted_is_said_in_the_form_of_its_number() -> None:
    def said(count: int) -> str:
        return speak(N_("{count:,} file", "{count:,} files", count=count))

    assert [said(count) for count in (0, 1, 2, 1000)] == ["0 files", "1 file", "2 files", "1,000 files"]
    assert str(N_("{count} file", "{count} files", count=1)) == "1 file"
    choose({"TANOS_LANGUAGE": "mangle"})
    assert [said(1), said(2)] == ["⟦1 file⟧", "⟦2 files⟧"]


def test_a_catalogue_gives_its_own_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    forms = {1: "{count} plik", 2: "{count} pliki", 5: "{count} plików"}
    monkeypatch.setattr("menus.language._Chosen.count", staticmethod(lambda one, many, count: forms[count]))
    assert [speak(N_("{count} file", "{count} files", count=count)) for count in forms] == [
        "1 plik",
        "2 pliki",
        "5 plików",
    ]


def test_a_broken_form_falls_back_to_the_english_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("menus.language._Chosen.count", staticmethod(lambda *_: "{n} Dateien"))
    assert speak(N_("{count} file", "{count} files", count=2)) == "2 files"


@pytest.mark.parametrize("name", ["de", "ja"])
def test_a_language_without_a_catalogue_still_counts(name: str) -> None:
    choose({"TANOS_LANGUAGE": name})
    assert speak(N_("{count} ⁂", "{count} ⁂⁂", count=1)) == "1 ⁂"
    assert speak(N_("{count} ⁂", "{count} ⁂⁂", count=3)) == "3 ⁂⁂"
