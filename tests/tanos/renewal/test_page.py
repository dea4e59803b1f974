"""Every certificate in use: by whom, for how long, what is next; and what is said unasked where the next is due."""

from datetime import timedelta

import pytest

from tanos.appliance import Appliance
from tanos.certificates.dates import is_due
from tanos.errors import AnswerRefused
from tanos.exchange.create_csr import CREATE_CSR
from tanos.keeper import Keeper
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.renewal.page import LIST_CERTIFICATES, SHOW_CERTIFICATE, page_state
from tanos.report import Say, Table
from tests.conftest import NOON, call
from tests.tanos.exchange.conftest import Clock, do, exchange
from tests.tanos.https_pairs.made import authority


@pytest.mark.parametrize(
    ("life", "gone", "due"),
    [(365, 243, False), (365, 244, True), (60, 29, False), (60, 31, True), (20, 0, True), (365, 400, True)],
)
def test_the_next_is_due_with_less_than_thirty_days_or_a_third_of_the_life_left(
    life: int, gone: int, due: bool
) -> None:
    certificate = authority().issue(days=(0, life), now=NOON)
    assert is_due(certificate, NOON + timedelta(days=gone)) is due


async def test_the_page_says_who_uses_each_and_what_is_next(zone: Appliance, server: Appliance, clock: Clock) -> None:
    await exchange(zone, server)
    (table,) = page_state(zone)
    assert isinstance(table, Table)
    assert [[str(row[place]) for place in (0, 1, -1)] for row in table.rows] == [
        ["tanium.pub", "Zone Server", "ok"],
        ["reporting.crt", "Zone Server", "ok"],
    ]
    listed = await LIST_CERTIFICATES.read(call(zone))
    (_, reporting) = listed.data["certificates"]
    assert (reporting["pair"], reporting["used_by"], reporting["due"], reporting["next"]) == (
        "reporting", ["taniumzoneserver"], False, "",
    )  # fmt: skip
    clock.go(days=3630)
    listed = await LIST_CERTIFICATES.read(call(zone))
    assert [(one.id, str(one.remedy)) for one in listed.findings] == [
        ("expiry-soon", "Have the next one issued: `certificates renew reporting`.")
    ]
    made = await do(zone, CREATE_CSR)
    listed = await LIST_CERTIFICATES.read(call(zone))
    (_, reporting) = listed.data["certificates"]
    assert (reporting["due"], reporting["next"]) == (True, "zone-server import-certificate")
    assert reporting["waiting"] == [made.data["check_code"]]
    (table,) = page_state(zone)
    assert isinstance(table, Table)
    assert str(table.rows[1][-1]) == "request waits"


async def test_on_a_tanium_server_the_hub_shows_the_pair_too(console: Appliance) -> None:
    listed = await LIST_CERTIFICATES.read(call(console))
    assert {one["pair"]: one["used_by"] for one in listed.data["certificates"]} == {
        "root": ["taniumserver", "taniumzoneserverhub"],
        "reporting": ["taniumserver", "taniumzoneserverhub"],
        "soap": ["taniumserver"],
    }


async def test_the_main_menu_and_the_status_say_what_is_due_on_every_role(modules: Appliance, clock: Clock) -> None:
    assert main_menu_state(modules) == ()
    clock.go(days=3640)
    (line,) = main_menu_state(modules)
    assert isinstance(line, Say)
    assert str(line.message) == "ssl.crt ends in 10 days (`certificates renew ssl`)"
    status = await STATUS.read(call(modules))
    assert [one.id for one in status.findings] == ["expiry-soon"]
    assert [(one["pair"], one["days_left"], one["next"]) for one in status.data["certificates"]] == [
        ("ssl", 10, "certificates renew ssl")
    ]
    clock.go(days=20)
    (line,) = main_menu_state(modules)
    assert isinstance(line, Say)
    assert str(line.message) == "ssl.crt has ended (`certificates renew ssl`)"


async def test_one_is_shown_by_its_pair_or_its_file_and_another_name_is_refused(console: Appliance) -> None:
    for name in ("soap", "SOAPServer.crt", " SOAP "):
        shown = await SHOW_CERTIFICATE.read(call(console), name=name)
        assert shown.data["name"] == "SOAPServer.crt"
        assert "ts1-alias.lab.test" in shown.data["names"]
    with pytest.raises(AnswerRefused, match="no-such-certificate") as refused:
        await SHOW_CERTIFICATE.read(call(console), name="ssl")
    assert "root, reporting, soap" in str(refused.value.remedy)


async def test_a_damaged_one_is_told_and_hides_none_of_the_others(console: Appliance) -> None:
    path = console.certificates / "soap" / "current" / "SOAPServer.crt"
    path.chmod(0o600)
    path.write_text("rubbish")
    for inquiry in (LIST_CERTIFICATES, STATUS):
        told = await inquiry.read(call(console))
        assert [one["pair"] for one in told.data["certificates"]] == ["root", "reporting"]
        assert [(one.id, "SOAPServer.crt" in str(one.message)) for one in told.findings] == [
            ("damaged-certificate", True)
        ]


async def test_what_is_on_the_page_opens_no_private_key(console: Appliance) -> None:
    key = console.certificates / "soap" / "current" / "SOAPServer.key"
    key.unlink()
    Keeper(console).make_request("soap", "ts1.lab.test", ())
    for waiting in console.requests.iterdir():
        (waiting / "SOAPServer.key").unlink()
    listed = await LIST_CERTIFICATES.read(call(console))
    assert listed.data["certificates"][-1]["waiting"]


async def test_relying_services_stand_with_who_uses_it_and_are_told_of_where_they_lack_it(
    console: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = await LIST_CERTIFICATES.read(call(console))
    shown = listed.data["certificates"][-1]["fingerprint"]
    kept = {
        "nginx": {"certificate": "soap", "installed": {"fingerprint": shown}},
        "haproxy": {"certificate": "soap", "installed": {"fingerprint": "00"}},
        "new": {"certificate": "soap", "installed": None},
        "mail": {"certificate": "reporting", "installed": None},
    }
    monkeypatch.setattr("tanos.renewal.held.ask", lambda *_, **__: kept)
    shown_one = await SHOW_CERTIFICATE.read(call(console), name="soap")
    assert shown_one.data["relying"] == [
        {"name": "nginx", "has_it": True},
        {"name": "haproxy", "has_it": False},
        {"name": "new", "has_it": False},
    ]
    assert [(one.id, str(one.remedy)) for one in shown_one.findings] == [
        ("relying-behind", f"Give it: `relying install {name}`.") for name in ("haproxy", "new")
    ]
    (table,) = page_state(console)
    assert isinstance(table, Table)
    assert str(table.rows[-1][1]) == "Tanium Server, nginx, haproxy (not yet), new (not yet)"
