"""What KeyUtility issued with a root key of this server comes into the register, and is revoked there as any."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.issue import draft_certificate
from tanos.certificates.issued import take_serial
from tanos.certificates.loaded import read_certificate
from tanos.certificates.request import examine_request
from tanos.errors import AnswerRefused, NotYet
from tanos.exchange.held_root import needed_root, root_code
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.revocation.bringing import BRING_IN
from tanos.revocation.operations import SHOW_ISSUED
from tanos.revocation.register import count, entry
from tanos.revocation.revoking import REVOKE_CERTIFICATE
from tests.conftest import call
from tests.tanos.exchange.conftest import do, plan
from tests.tanos.keyutility.made import issued, requested, root_in
from tests.tanos.revocation.conftest import kept
from tests.tanos.revocation.judges import assert_list_is_good, is_refused


def made(server: Appliance, directory: Path, name: str = "reporting.crt") -> Path:
    """Have KeyUtility issue a certificate with a copy of this server's root key; return its file."""
    for each in ("tanium.pvk", "tanium.pub"):
        shutil.copy(server.root / each, directory)
    requested(directory, overwrite=(directory / "reporting.csr").exists())
    issued(directory, name)
    return directory / name


async def test_one_is_brought_in_and_revoked_as_other_programs_see_it(
    server: Appliance, root: Path, tmp_path: Path
) -> None:
    leaf = made(server, tmp_path)
    before = count(server)
    (server.incoming / "reporting.crt").write_bytes(leaf.read_bytes())
    result = await do(server, BRING_IN, source="incoming", file="reporting.crt")
    (told,) = result.data["issued"]
    found = entry(server, told["serial"])
    assert (found.subject, found.names, found.state) == ("CN=zs1.lab.test", ("zs1.lab.test",), "valid")
    assert found.root == root_code(needed_root(server))
    assert count(server) == before + 1
    await do(server, REVOKE_CERTIFICATE, serial=found.serial, file="", reason="cessation-of-operation")
    (tmp_path / "crl").write_text(kept(server).pem)
    assert_list_is_good(tmp_path / "crl", root)
    assert is_refused(leaf, tmp_path / "crl", root)
    assert (await SHOW_ISSUED.read(call(server), serial=found.serial)).data["state"] == "revoked"


async def test_what_is_in_the_register_is_not_brought_in_again(server: Appliance, tmp_path: Path) -> None:
    first = made(server, tmp_path).read_bytes()
    await do(server, BRING_IN, source="paste", text=first)
    before = count(server)
    again = await plan(server, BRING_IN, source="paste", text=first)
    assert again.nothing_to_do
    assert [each.id for each in again.findings] == ["already-issued"]
    second = made(server, tmp_path, "second.crt").read_bytes()
    chain = first + second + (server.root / "tanium.pub").read_bytes()
    result = await do(server, BRING_IN, source="paste", text=chain)
    assert [each["subject"] for each in result.data["issued"]] == ["CN=zs1.lab.test"]
    assert count(server) == before + 1


async def test_what_no_root_of_this_server_signed_is_refused_with_all_that_came_with_it(
    server: Appliance, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    root_in(tmp_path / "other")
    requested(tmp_path / "other")
    issued(tmp_path / "other")
    foreign = (tmp_path / "other" / "reporting.crt").read_bytes()
    planned = await plan(server, BRING_IN, source="paste", text=made(server, tmp_path).read_bytes() + foreign)
    assert [each.id for each in planned.refusals] == ["wrong-issuer"]
    with pytest.raises(AnswerRefused, match="private-key"):
        await plan(server, BRING_IN, source="paste", text=(tmp_path / "reporting.pvk").read_bytes())
    planned = await plan(server, BRING_IN, source="paste", text=(server.root / "tanium.pub").read_bytes())
    assert [each.id for each in planned.refusals] == ["not-certificate"]


async def test_a_serial_stays_that_of_its_key_and_an_unfinished_one_gets_its_certificate(
    server: Appliance, tmp_path: Path
) -> None:
    pem = made(server, tmp_path).read_bytes()
    number = read_certificate(pem).serial_number
    request, _ = examine_request(Keeper(server).make_request("reporting", "zs9.lab.test", []))
    root = needed_root(server)
    draft = draft_certificate(request, root, now=server.clock(), serial=number)
    with server.store.change(call(server)) as change:
        take_serial(change, root_code(root), request, draft)
    planned = await plan(server, BRING_IN, source="paste", text=pem)
    assert [each.id for each in planned.refusals] == ["serial-taken"]
    signed = read_certificate(Keeper(server).sign_certificate(draft.tbs))
    await do(server, BRING_IN, source="paste", text=signed.public_bytes(Encoding.PEM))
    assert entry(server, f"{number:X}").state == "valid"
    planned = await plan(server, BRING_IN, source="paste", text=pem)
    assert [each.id for each in planned.refusals] == ["serial-taken"]


async def test_two_sessions_that_bring_the_same_write_it_once(server: Appliance, tmp_path: Path) -> None:
    pem = made(server, tmp_path).read_bytes()
    both = [await plan(server, BRING_IN, source="paste", text=pem) for _ in range(2)]
    await BRING_IN.apply(call(server), both[0], silent)
    with pytest.raises(NotYet, match="stale"):
        await BRING_IN.apply(call(server), both[1], silent)
