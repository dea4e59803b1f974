"""A single certificate is revoked: what is marked, what others read of it, what can be issued afterwards."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.certificates.request import pem_of
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.import_requests import IMPORT_REQUESTS
from tanos.exchange.restore import RESTORE_CERTIFICATE
from tanos.keeper import Keeper
from tanos.message import N_
from tanos.operation import silent
from tanos.overview.state import state as exchange_state
from tanos.platform import R7_3, R7_4, Release
from tanos.renewal.page import LIST_CERTIFICATES, SHOW_CERTIFICATE, page_state
from tanos.report import Facts, Mark, Table
from tanos.revocation.kept import kept_list
from tanos.revocation.list_operations import PUT_LIST, RENEW_LIST, SHOW_LIST
from tanos.revocation.lists import renew_when_due, take_list
from tanos.revocation.operations import EXPORT_ISSUED, LIST_ISSUED, SHOW_ISSUED
from tanos.revocation.register import entries
from tanos.revocation.revoking import MOST_NAMED, REVOKE_CERTIFICATE
from tanos.revocation.standing import own_findings, own_lines
from tests.conftest import call
from tests.tanos.certificates.asking import csr_der, dns, ec_key
from tests.tanos.exchange.conftest import Clock, do, plan, tree
from tests.tanos.keyutility.made import requested
from tests.tanos.revocation.conftest import kept
from tests.tanos.revocation.judges import assert_list_is_good, is_refused


def state(appliance: Appliance, serial: str) -> str:
    return next(each.state for each in entries(appliance, "", -1) if each.serial == serial)


async def test_openssl_refuses_exactly_what_is_revoked(
    server: Appliance, issued: list[str], root: Path, tmp_path: Path
) -> None:
    first, second = issued
    result = await do(server, REVOKE_CERTIFICATE, serial=first, reason="superseded")
    assert (result.data["state"], result.data["reason"]) == ("revoked", "superseded")
    assert result.data["list"] == kept(server).number
    assert [each.id for each in result.findings] == ["not-served"]
    crl = tmp_path / "list.pem"
    crl.write_text((await SHOW_LIST.read(call(server))).data["crl"])
    assert_list_is_good(crl, root)
    for serial, refused in ((first, True), (second, False)):
        row = server.store.row("SELECT certificate FROM issued WHERE serial = ?", serial)
        assert row is not None
        (tmp_path / "leaf.pem").write_text(row["certificate"])
        assert is_refused(tmp_path / "leaf.pem", crl, root) is refused


async def test_the_mark_and_its_list_are_one(
    server: Appliance, issued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> bytes:
        raise NotYet("busy", N_("busy"), N_("busy"))

    with monkeypatch.context() as patched:
        patched.setattr(Keeper, "sign_revocations", broken)
        with pytest.raises(NotYet, match="busy"):
            await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="superseded")
    assert (state(server, issued[0]), kept_list(server)) == ("valid", None)
    await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="superseded")
    row = server.store.row("SELECT object, after, result FROM audit ORDER BY id DESC LIMIT 1")
    assert row is not None
    assert tuple(row) == (f"serial {issued[0]}", f"superseded, list {kept(server).number}", "done")


async def test_a_serial_is_found_however_it_is_written_and_its_end_is_typed(
    server: Appliance, issued: list[str]
) -> None:
    serial = issued[0]
    colons = ":".join(serial[at : at + 2] for at in range(0, len(serial), 2)).lower()
    planned = await plan(server, REVOKE_CERTIFICATE, serial=f" 0x{serial.lower()} ", reason="superseded")
    assert planned.confirmation.word == serial[-4:]
    assert (await SHOW_ISSUED.read(call(server), serial=colons)).data["serial"] == serial
    for wrong in ("", "0", serial[:-2], "%", "x" * 5000):
        with pytest.raises(AnswerRefused, match="no-such-serial"):
            await plan(server, REVOKE_CERTIFICATE, serial=wrong, reason="superseded")


async def test_what_is_revoked_already_is_not_revoked_again(server: Appliance, issued: list[str]) -> None:
    await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="superseded")
    planned = await plan(server, REVOKE_CERTIFICATE, serial=issued[0], reason="key-compromise")
    assert planned.nothing_to_do
    again = await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="key-compromise")
    assert (again.data["reason"], again.data["list"]) == ("superseded", None)


async def test_two_sessions_that_revoke_the_same_one_mark_it_once(server: Appliance, issued: list[str]) -> None:
    before = kept_list(server)
    both = [await plan(server, REVOKE_CERTIFICATE, serial=issued[0], reason=each) for each in ("superseded",) * 2]
    await REVOKE_CERTIFICATE.apply(call(server), both[0], silent)
    with pytest.raises(NotYet, match="stale"):
        await REVOKE_CERTIFICATE.apply(call(server), both[1], silent)
    marked = server.store.rows("SELECT * FROM revoked_certificates")
    assert (before, len(marked)) == (None, 1)


async def test_what_this_server_presents_is_not_revoked(server: Appliance) -> None:
    (own,) = entries(server, "ts1", 10)
    planned = await plan(server, REVOKE_CERTIFICATE, serial=own.serial, reason="superseded")
    assert [each.id for each in planned.refusals] == ["in-use-here"]


async def test_a_list_is_revoked_as_a_whole_in_one_transaction(server: Appliance, issued: list[str]) -> None:
    lines = ["# of the lab", "", f"serial={issued[0]}", f" 0x{issued[1].lower()} ", issued[0]]
    (server.incoming / "revoke.txt").write_text("\r\n".join(lines))
    planned = await plan(server, REVOKE_CERTIFICATE, serial="", file="revoke.txt", reason="superseded")
    assert planned.confirmation.word == "2"
    result = await do(server, REVOKE_CERTIFICATE, serial="", file="revoke.txt", reason="superseded")
    assert [each["state"] for each in result.data["issued"]] == ["revoked", "revoked"]
    assert result.data["lists"] == {"reporting.crl": kept(server).number}
    said = kept(server).said
    assert said is not None
    assert said.serials == {int(each, 16) for each in issued}
    rows = server.store.rows("SELECT object FROM audit WHERE verb = 'issued revoke' OR object LIKE 'serial %'")
    assert [row["object"] for row in rows if issued[0] in row["object"] and issued[1] in row["object"]]


async def test_of_a_list_nothing_is_revoked_where_one_of_it_cannot_be(server: Appliance, issued: list[str]) -> None:
    (own,) = entries(server, "ts1", 10)
    for text, refused in ((f"{issued[0]}\n{own.serial}", "in-use-here"), (f"{issued[0]}\nAA", "no-such-serial"),
                          (f"{issued[0]}\nhello", "revocation-unread"), ("# none", "revocation-unread")):  # fmt: skip
        (server.incoming / "revoke.txt").write_text(text)
        try:
            planned = await plan(server, REVOKE_CERTIFICATE, serial="", file="revoke.txt", reason="superseded")
        except AnswerRefused as error:
            assert error.id == refused
        else:
            assert [each.id for each in planned.refusals] == [refused]
            assert own.serial in str(planned.refusals[0].message)
    assert state(server, issued[0]) == "valid"


async def test_a_list_that_nobody_would_read_is_not_signed_and_nothing_is_revoked(
    server: Appliance, issued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    renew_when_due(server)
    before = kept(server)
    monkeypatch.setattr("tanos.revocation.lists.LARGEST", len(before.der) + 10)
    with pytest.raises(AnswerRefused, match="list-full"):
        await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="superseded")
    assert (state(server, issued[0]), kept(server)) == ("valid", before)


async def test_of_a_long_list_a_page_and_the_audit_name_the_first(server: Appliance, issued: list[str]) -> None:
    many = [f"AB{number:02X}" for number in range(MOST_NAMED + 4)]
    with server.store.change(call(server)) as change:
        for each in many:
            change.execute(
                "INSERT INTO issued SELECT ?, check_code, request_hash, issuer_key, 'CN=many', names, not_before,"
                " not_after, certificate, issued_at, kind, proved_by FROM issued WHERE serial = ?",
                each, issued[0],
            )  # fmt: skip
    (server.incoming / "revoke.txt").write_text("\n".join(many))
    await do(server, REVOKE_CERTIFICATE, serial="", file="revoke.txt", reason="superseded")
    assert {state(server, each) for each in many} == {"revoked"}
    row = server.store.rows("SELECT object FROM audit WHERE object LIKE 'serial AB00%'")[-1]
    assert row["object"].endswith(f"serial {many[MOST_NAMED - 1]} and 4 more")


async def test_what_is_revoked_already_is_left_as_it_is_by_a_list(server: Appliance, issued: list[str]) -> None:
    await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="affiliation-changed")
    (server.incoming / "revoke.txt").write_text("\n".join(issued))
    result = await do(server, REVOKE_CERTIFICATE, serial="", file="revoke.txt", reason="superseded")
    assert [each["reason"] for each in result.data["issued"]] == ["affiliation-changed", "superseded"]


async def test_what_ended_needs_no_revocation_and_leaves_the_list_after_its_end(
    server: Appliance, issued: list[str], clock: Clock
) -> None:
    await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="superseded")
    clock.go(days=3651)
    planned = await plan(server, REVOKE_CERTIFICATE, serial=issued[1], reason="superseded")
    assert [each.id for each in planned.refusals] == ["expired"]
    assert (await do(server, RENEW_LIST)).data["revoked"] == 1, "once more after its end"
    clock.go(days=3)
    assert (await do(server, RENEW_LIST)).data["revoked"] == 0
    assert state(server, issued[0]) == "revoked"


@pytest.mark.parametrize("reason, refused", [("superseded", []), ("key-compromise", ["revoked-key"])])
async def test_a_request_of_a_revoked_certificate_has_another_one_unless_its_key_is_known_to_others(
    server: Appliance, zone: Appliance, issued: list[str], reason: str, refused: list[str]
) -> None:
    request = request_again(zone)
    before = await plan(server, IMPORT_REQUEST, source="paste", text=request)
    again = await do(server, IMPORT_REQUEST, source="paste", text=request)
    await do(server, REVOKE_CERTIFICATE, serial=again.data["serial"], reason=reason)
    planned = await plan(server, IMPORT_REQUEST, source="paste", text=request)
    assert [each.id for each in planned.refusals] == refused
    assert not before.refusals
    if not refused:
        anew = await do(server, IMPORT_REQUEST, source="paste", text=request)
        assert not anew.data["already_issued"]
        assert anew.data["serial"] != again.data["serial"]


async def test_nothing_is_issued_for_a_key_that_was_given_up_while_its_plan_was_looked_at(server: Appliance) -> None:
    first, second = (
        csr_der(key=ec_key(), common_name=name, names=dns(name)) for name in ("zs8.lab.test", "zs9.lab.test")
    )
    (server.incoming / "second.csr").write_bytes(second)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=pem_of(first, "CERTIFICATE REQUEST").encode())
    one, every = await plan(server, IMPORT_REQUEST), await plan(server, IMPORT_REQUESTS)
    await do(server, REVOKE_CERTIFICATE, serial=issued.data["serial"], reason="key-compromise")
    before = len(entries(server, "", 9))
    with pytest.raises(NotYet, match="stale"):
        await IMPORT_REQUEST.apply(call(server), one, silent)
    with pytest.raises(NotYet, match="stale"):
        await IMPORT_REQUESTS.apply(call(server), every, silent)
    assert len(entries(server, "", 9)) == before


def request_again(zone: Appliance) -> bytes:
    der = Keeper(zone).make_request("reporting", "zs1.lab.test", ["zs1.lab.test"])
    return pem_of(der, "CERTIFICATE REQUEST").encode()


async def test_the_register_is_searched_and_handed_out(server: Appliance, issued: list[str]) -> None:
    async def serials(search: str) -> list[str]:
        return [each["serial"] for each in (await LIST_ISSUED.read(call(server), search=search)).data["issued"]]

    everything = await LIST_ISSUED.read(call(server))
    assert everything.data["count"] == len(everything.data["issued"]) == 3
    assert await serials("ZS1.lab") == [issued[0]]
    assert await serials(issued[1][3:9].lower()) == [issued[1]]
    assert await serials("%") == []
    code = next(each.check_code for each in entries(server, "zs2", 1))
    assert await serials(code.lower()) == [issued[1]]
    await do(server, REVOKE_CERTIFICATE, serial=issued[1], reason="cessation-of-operation")
    await do(server, EXPORT_ISSUED)
    written = [json.loads(line) for line in (server.outgoing / "issued.jsonl").read_text().splitlines()]
    assert {each["serial"]: (each["state"], each["reason"]) for each in written if each["serial"] in issued} == {
        issued[0]: ("valid", ""),
        issued[1]: ("revoked", "cessation-of-operation"),
    }


async def test_keys_requests_and_pairs_stay_as_they_are(
    server: Appliance, zone: Appliance, issued: list[str]
) -> None:
    before = tree(server.certificates), tree(server.requests), tree(zone.certificates)
    await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="key-compromise")
    assert (tree(server.certificates), tree(server.requests), tree(zone.certificates)) == before


async def test_the_list_is_put_where_others_fetch_it(server: Appliance, root: Path) -> None:
    with pytest.raises(NotYet, match="step-missing"):
        await plan(server, PUT_LIST)
    await do(server, RENEW_LIST)
    await do(server, PUT_LIST)
    assert_list_is_good(server.outgoing / "reporting.crl", root)


async def test_a_root_that_is_damaged_revokes_nothing(server: Appliance, issued: list[str]) -> None:
    planned = await plan(server, REVOKE_CERTIFICATE, serial=issued[0], reason="superseded")
    (server.root / "tanium.pvk").write_bytes(b"damaged")
    with pytest.raises(Damaged, match="root-damaged"):
        await REVOKE_CERTIFICATE.apply(call(server), planned, silent)
    assert state(server, issued[0]) == "valid"


async def test_a_zone_server_takes_no_revoked_certificate_and_says_where_its_own_is_one(
    server: Appliance, zone: Appliance, issued: list[str]
) -> None:
    request = request_again(zone)
    second = await do(server, IMPORT_REQUEST, source="paste", text=request)
    assert own_lines(zone) == ()
    for serial in (issued[0], second.data["serial"]):
        await do(server, REVOKE_CERTIFICATE, serial=serial, reason="superseded")
    take_list(call(zone), kept(server).der)
    assert [each.id for each in own_findings(zone)] == ["certificate-revoked"]
    listed = await LIST_CERTIFICATES.read(call(zone))
    assert [each.id for each in listed.findings] == ["certificate-revoked"]
    shown = await SHOW_CERTIFICATE.read(call(zone), name="reporting")
    assert [each.id for each in shown.findings] == ["certificate-revoked"]
    (table,) = page_state(zone)
    assert isinstance(table, Table)
    assert [str(row[-1]) for row in table.rows] == ["ok", "revoked"]
    assert len(own_lines(zone)) == 1
    (stands,) = exchange_state(zone)
    assert isinstance(stands, Facts)
    (serving,) = [each for each in stands.rows if "reporting.crt v" in str(each.value)]
    assert (serving.mark, str(serving.value).endswith("; revoked")) == (Mark.FAIL, True)
    planned = await plan(zone, IMPORT_CERTIFICATE, source="paste", text=second.data["certificate"].encode())
    assert [each.id for each in planned.refusals] == ["certificate-revoked"]
    third = await do(server, IMPORT_REQUEST, source="paste", text=request)
    await do(zone, IMPORT_CERTIFICATE, source="paste", text=third.data["certificate"].encode())
    assert own_lines(zone) == ()
    back = await plan(zone, RESTORE_CERTIFICATE, version="1")
    assert [each.id for each in back.refusals] == ["certificate-revoked"]


async def test_who_is_told_to_make_a_request_can_make_one(
    server: Appliance, zone: Appliance, issued: list[str]
) -> None:
    await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="superseded")
    take_list(call(zone), kept(server).der)
    assert "create-csr" in str(own_findings(zone)[0].remedy)
    zone.identity = replace(zone.identity, release=R7_4)
    assert "create-csr" not in str(own_findings(zone)[0].remedy)
    assert "subordinate-keys approve" in str(own_findings(zone)[0].remedy)


async def test_once_a_server_has_a_tls_key_of_its_own_that_alone_is_in_use(
    server: Appliance, zone: Appliance, issued: list[str], tmp_path: Path
) -> None:
    await do(server, REVOKE_CERTIFICATE, serial=issued[0], reason="superseded")
    take_list(call(zone), kept(server).der)
    assert [each.id for each in own_findings(zone)] == ["certificate-revoked"]
    requested(tmp_path)
    made = await do(server, IMPORT_REQUEST, source="paste", text=(tmp_path / "reporting.csr").read_bytes())
    pair = (tmp_path / "reporting.pvk").read_bytes(), made.data["certificate"].encode()
    Keeper(zone).install_pair("server-tls", *pair, "tanadmin")
    assert own_findings(zone) == ()
    await do(server, REVOKE_CERTIFICATE, serial=made.data["serial"], reason="superseded")
    take_list(call(zone), kept(server).der)
    assert [each.id for each in own_findings(zone)] == ["certificate-revoked"]


@pytest.mark.parametrize(("release", "is_said"), [(R7_3, False), (R7_4, True)])
async def test_how_its_server_comes_back_is_said_before(
    server: Appliance, issued: list[str], release: Release, is_said: bool
) -> None:
    server.identity = replace(server.identity, release=release)
    planned = await plan(server, REVOKE_CERTIFICATE, serial=issued[0], reason="key-compromise")
    told = str(planned.sections)
    assert ("subordinate-keys approve" in told) is is_said
    assert [each.id for each in planned.findings] == ([] if is_said else ["key-given-up"])
