"""Import Cert Request: which request, what is issued, what is refused, and that a serial is never spent twice."""

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, HalfDone, NotYet
from tanos.exchange import import_request, ledger
from tanos.exchange.arrivals import incoming_requests
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.file_names import certificate_name
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.ledger import Side
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.recovery import recover
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, do, done, plan, send
from tests.tanos.exchange.test_create_csr import full_disk


def request_of(key: Any, name: str = "zs1.lab.test") -> bytes:
    """Return a PEM request signed by `key`."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def named_request(common_name: str, *names: str) -> bytes:
    """Return a PEM request of a new key with that common name and those names."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    builder = builder.add_extension(x509.SubjectAlternativeName([*map(x509.DNSName, names)]), critical=False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), SHA256()).public_bytes(Encoding.PEM)


def serials(server: Appliance) -> list[str]:
    return [row["serial"] for row in server.store.rows("SELECT serial FROM issued ORDER BY rowid")][1:]


async def answer(server: Appliance, request: bytes) -> Any:
    return await do(server, IMPORT_REQUEST, source="paste", text=request)


async def test_the_same_request_again_gives_the_same_certificate(zone: Appliance, server: Appliance) -> None:
    request = (await do(zone, CREATE_CSR)).data["csr"].encode()
    first = await answer(server, request)
    prepared = await plan(server, IMPORT_REQUEST, source="paste", text=request)
    assert [finding.id for finding in prepared.findings] == ["already-issued"]
    again = await IMPORT_REQUEST.apply(call(server), prepared, silent)
    assert (first.data["already_issued"], again.data["already_issued"]) == (False, True)
    assert again.data["certificate"] == first.data["certificate"]
    assert again.data["serial"] == first.data["serial"]
    assert len(serials(server)) == 1


async def test_it_is_put_into_outgoing_again(zone: Appliance, server: Appliance) -> None:
    request = (await do(zone, CREATE_CSR)).data["csr"].encode()
    first = await answer(server, request)
    for path in server.outgoing.iterdir():
        path.unlink()
    await answer(server, request)
    assert {path.name for path in server.outgoing.iterdir()} == {"reporting.crt", first.data["file"]}


async def test_the_same_key_with_another_name_is_another_certificate(server: Appliance) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    first = await answer(server, request_of(key, "zs1.lab.test"))
    second = await answer(server, request_of(key, "zs2.lab.test"))
    assert not second.data["already_issued"]
    assert first.data["serial"] != second.data["serial"]
    assert first.data["check_code"] == second.data["check_code"]


async def test_a_certificate_that_ended_is_not_offered_again(server: Appliance, clock: Clock) -> None:
    request = request_of(ec.generate_private_key(ec.SECP256R1()))
    first = await answer(server, request)
    clock.go(days=3651)
    second = await answer(server, request)
    assert second.data["serial"] != first.data["serial"]


async def test_what_is_issued_stands_beside_what_was_asked(server: Appliance) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    prepared = await plan(server, IMPORT_REQUEST, source="paste", text=request_of(key))
    shown = repr(prepared.sections)
    assert "will be issued" in shown
    assert "serverAuth" in shown
    assert prepared.data["check_code"] in shown
    assert "EC P-256" in shown


@pytest.mark.parametrize("own", ["certificates/reporting/current/reporting.pvk", "root/tanium.pvk"])
async def test_a_request_for_the_servers_own_key_is_refused(server: Appliance, own: str) -> None:
    key = load_pem_private_key((server.home / own).read_bytes(), None)
    prepared = await plan(server, IMPORT_REQUEST, source="paste", text=request_of(key))
    assert [finding.id for finding in prepared.refusals] == ["own-key"]
    assert not serials(server)


@pytest.mark.parametrize("name", ["ts1.lab.test", "TS1.Lab.Test", "ts1.lab.test.", "legacy-root", " LEGACY-Root "])
async def test_the_names_of_this_server_and_of_its_root_are_given_to_no_other_key(
    server: Appliance, name: str
) -> None:
    request = named_request(name, "zs1.lab.test")
    prepared = await plan(server, IMPORT_REQUEST, source="paste", text=request)
    assert [finding.id for finding in prepared.refusals] == ["own-name"]
    assert not serials(server)


async def test_a_name_of_this_server_among_others_is_refused_too(server: Appliance) -> None:
    request = named_request("zs1.lab.test", "zs1.lab.test", "Ts1.lab.test")
    prepared = await plan(server, IMPORT_REQUEST, source="paste", text=request)
    assert [finding.id for finding in prepared.refusals] == ["own-name"]


async def test_a_short_name_that_both_may_have_is_warned_of(server: Appliance) -> None:
    prepared = await plan(server, IMPORT_REQUEST, source="paste", text=named_request("zs1.lab.test", "ts1"))
    assert ("own-name", "warn") in [(finding.id, finding.severity.value) for finding in prepared.findings]
    assert not prepared.refusals


async def test_a_bad_request_may_be_looked_at_but_is_never_drafted(server: Appliance) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    prepared = await plan(server, IMPORT_REQUEST, source="paste", text=request_of(key, "localhost"))
    assert "san-forbidden" in [finding.id for finding in prepared.refusals]
    assert prepared.payload.draft is None
    assert "serial" not in prepared.data


async def test_a_server_without_a_root_signs_nothing(bare_tanium_server: Appliance) -> None:
    with pytest.raises(NotYet) as refused:
        await plan(bare_tanium_server, IMPORT_REQUEST, source="paste", text=b"")
    assert refused.value.id == "step-missing"


async def test_a_crash_between_serial_and_signature_is_healed_by_the_same_request(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = (await do(zone, CREATE_CSR)).data["csr"].encode()
    before = done(server)
    with monkeypatch.context() as broken:
        broken.setattr(Keeper, "sign_certificate", lambda *_: (_ for _ in ()).throw(RuntimeError()))
        with pytest.raises(RuntimeError):
            await answer(server, request)
    (reserved,) = serials(server)
    assert done(server) == before
    assert not list(server.outgoing.iterdir())
    assert [row["result"] for row in server.store.rows("SELECT result FROM audit ORDER BY id")][-2:] == [
        "begun",
        "abandoned",
    ]
    assert reserved in " ".join(map(str, recover(server)))
    healed = await answer(server, request)
    assert healed.data["serial"] == reserved
    assert not healed.data["already_issued"]
    assert x509.load_pem_x509_certificate(healed.data["certificate"].encode()).serial_number == int(reserved, 16)
    assert recover(server) == []


async def test_the_serial_is_durable_before_the_root_signs(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = Keeper.sign_certificate
    seen = []

    def watching(keeper: Keeper, tbs: bytes) -> bytes:
        assert not server.store._open().in_transaction
        der = sign(keeper, tbs)
        seen.append(int(serials(server)[-1], 16) == x509.load_der_x509_certificate(der).serial_number)
        return der

    monkeypatch.setattr(Keeper, "sign_certificate", watching)
    await answer(server, (await do(zone, CREATE_CSR)).data["csr"].encode())
    assert seen == [True]


async def test_two_sessions_with_the_same_request_issue_one_certificate(zone: Appliance, server: Appliance) -> None:
    request = (await do(zone, CREATE_CSR)).data["csr"].encode()
    plans = [await plan(server, IMPORT_REQUEST, source="paste", text=request) for _ in range(2)]
    first, second = [await IMPORT_REQUEST.apply(call(server), prepared, silent) for prepared in plans]
    assert first.data["certificate"] == second.data["certificate"]
    assert (first.data["already_issued"], second.data["already_issued"]) == (False, True)
    assert len(serials(server)) == 1
    rows = server.store.rows("SELECT before, after, result FROM audit ORDER BY id")
    serial = f"serial {first.data['serial']}"
    assert [tuple(row) for row in rows][-3:] == [
        ("", serial, "begun"),
        ("", serial, "done"),
        (serial, serial, "done"),
    ]


async def test_a_session_that_signs_second_gives_the_first_ones_certificate(
    zone: Appliance, server: Appliance
) -> None:
    request = (await do(zone, CREATE_CSR)).data["csr"].encode()
    slow, fast = [await plan(server, IMPORT_REQUEST, source="paste", text=request) for _ in range(2)]
    reserved = import_request._reserve(call(server), slow.payload)
    first = await IMPORT_REQUEST.apply(call(server), fast, silent)
    late = import_request._sign(call(server), reserved)
    assert late.certificate == first.data["certificate"]
    assert len(serials(server)) == 1


@pytest.mark.parametrize("where", ["outgoing/.reporting-", "outgoing/.reporting.crt"])
async def test_a_full_outgoing_keeps_the_certificate_for_the_next_try(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    request = (await do(zone, CREATE_CSR)).data["csr"].encode()
    with monkeypatch.context() as full:
        full_disk(full, where)
        with pytest.raises(HalfDone) as failed:
            await answer(server, request)
    assert (failed.value.id, failed.value.changed) == ("not-published", True)
    assert "same certificate is offered" in str(failed.value)
    again = await answer(server, request)
    assert again.data["already_issued"]
    assert (server.outgoing / "reporting.crt").read_text() == again.data["certificate"]


async def test_nothing_in_incoming_is_not_yet(server: Appliance) -> None:
    with pytest.raises(NotYet) as refused:
        await plan(server, IMPORT_REQUEST, source="incoming")
    assert refused.value.id == "step-missing"


async def test_several_requests_want_a_choice_until_one_is_left(
    zone_server: Callable[[str], Appliance], server: Appliance
) -> None:
    codes = []
    for name in ("zs1", "zs2"):
        zone = zone_server(name)
        made = await do(zone, CREATE_CSR)
        codes.append(made.data["check_code"])
        send(zone.outgoing, server.incoming, made.data["file"], "reporting.csr")
    with pytest.raises(AnswerRefused) as refused:
        await plan(server, IMPORT_REQUEST)
    assert refused.value.id == "several-files"
    assert all(code in str(refused.value) for code in codes)
    await do(server, IMPORT_REQUEST, file=f"reporting-{codes[0][:4]}.csr")
    (server.incoming / "reporting-key.csr").write_bytes((server.root / "tanium.pvk").read_bytes())
    listed = incoming_requests(server)
    assert [(one.check_code, one.waits) for one in listed] == [(codes[1], True), ("", False), (codes[0], False)]
    left = await do(server, IMPORT_REQUEST)
    assert left.data["check_code"] == codes[1]


async def test_one_request_under_two_names_is_one_line(zone: Appliance, server: Appliance) -> None:
    made = await do(zone, CREATE_CSR)
    send(zone.outgoing, server.incoming, made.data["file"], "reporting.csr")
    (line,) = incoming_requests(server)
    assert (line.name, line.check_code, line.subject) == (
        made.data["file"],
        made.data["check_code"],
        "CN=zs1.lab.test",
    )
    assert not line.answered
    await do(server, IMPORT_REQUEST)
    assert incoming_requests(server)[0].answered


async def test_hostile_things_in_incoming_are_named_or_passed_over(server: Appliance, zone: Appliance) -> None:
    made = await do(zone, CREATE_CSR)
    shutil.copy(zone.outgoing / "reporting.csr", server.incoming / "reporting-good.csr")
    (server.incoming / "reporting-link.csr").symlink_to(server.root / "tanium.pvk")
    (server.incoming / "reporting-dir.csr").mkdir()
    os.mkfifo(server.incoming / "reporting-pipe.csr")
    (server.incoming / "reporting-\x1b[2J.csr").write_bytes(b"x")
    (server.incoming / ".reporting-part.csr").write_bytes(made.data["csr"].encode())
    (server.incoming / "reporting-huge.csr").write_bytes(b"A" * 100_000)
    (server.incoming / "reporting-key.csr").write_bytes((server.root / "tanium.pvk").read_bytes())
    listed = {request.name: request.problem for request in incoming_requests(server)}
    assert listed == {"reporting-good.csr": "", "reporting-huge.csr": "too-large", "reporting-key.csr": "private-key"}
    assert (await plan(server, IMPORT_REQUEST)).data["check_code"] == made.data["check_code"]


@pytest.mark.parametrize("name", ["../root/tanium.pvk", "/etc/passwd", ".hidden", "a\0b", "", "reporting-link.csr"])
async def test_a_file_outside_or_a_link_is_never_read(server: Appliance, name: str) -> None:
    (server.incoming / "reporting-link.csr").symlink_to(server.root / "tanium.pub")
    with pytest.raises((AnswerRefused, NotYet)):
        await plan(server, IMPORT_REQUEST, file=name)


async def test_two_keys_that_share_a_first_group_share_no_file(server: Appliance, zone: Appliance) -> None:
    made = await do(zone, CREATE_CSR)
    issued = await answer(server, made.data["csr"].encode())
    code = issued.data["check_code"]
    twin = code[:4] + "-0000" + code[9:]
    with server.store.change(call(server)) as change:
        ledger.begin(change, Side.ISSUER, twin, "CN=zs9", "verified")
    assert certificate_name(server, Side.ISSUER, code) == f"reporting-{code[:4]}.crt"
    assert certificate_name(server, Side.ISSUER, twin) == f"reporting-{code[:4]}-0000.crt"


async def test_a_list_that_is_drawn_often_examines_a_file_once_for_each_state(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await do(zone, CREATE_CSR)
    send(zone.outgoing, server.incoming, "reporting.csr")
    incoming_requests(server)
    with monkeypatch.context() as watched:
        watched.setattr("tanos.exchange.arrivals.examine_request", None)
        assert incoming_requests(server)[0].check_code == made.data["check_code"]
    (server.incoming / "reporting.csr").write_text(made.data["csr"].replace("A", "B"))
    assert incoming_requests(server)[0].problem
