"""The root: given away by its server, trusted elsewhere only after its code was compared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, Damaged, NotOffered, NotYet
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.root import EXPORT_PUBLIC_KEY, IMPORT_PUBLIC_KEY, prepare_from_bytes
from tanos.files import write_whole
from tanos.keeper import Keeper
from tanos.message import N_
from tanos.operation import silent
from tanos.report import Say
from tests.conftest import TS1, bare_appliance, call
from tests.tanos.exchange.conftest import Clock, do, done, exchange, openssl, plan, send
from tests.tanos.exchange.test_create_csr import full_disk


@pytest.fixture
def zone(zone_server: Callable[..., Appliance]) -> Appliance:
    """A Zone Server that trusts nobody yet."""
    return zone_server("zs1", trusting=False)


@pytest.fixture
def stranger(tmp_path: Path, clock: Clock) -> bytes:
    """The root of another server, PEM."""
    appliance = bare_appliance(tmp_path / "ts9", TS1)
    appliance.clock = clock
    Keeper(appliance).make_root()
    return (appliance.root / "tanium.pub").read_bytes()


async def test_the_root_travels_by_drop_box_and_is_the_same_at_both_ends(zone: Appliance, server: Appliance) -> None:
    given = await do(server, EXPORT_PUBLIC_KEY)
    assert given.data["public_key"] == (server.outgoing / "tanium.pub").read_text()
    send(server.outgoing, zone.incoming, "tanium.pub")
    taken = await do(zone, IMPORT_PUBLIC_KEY, source="incoming", fingerprint=given.data["check_code"])
    assert taken.data["check_code"] == given.data["check_code"]
    assert (zone.root / "tanium.pub").read_bytes() == (server.root / "tanium.pub").read_bytes()


async def test_the_fingerprint_shown_is_the_one_that_openssl_shows(server: Appliance) -> None:
    given = await do(server, EXPORT_PUBLIC_KEY)
    shown = openssl("x509", "-in", str(server.outgoing / "tanium.pub"), "-noout", "-fingerprint", "-sha256")
    assert shown.strip().split("=")[1] == given.data["fingerprint"]


async def test_the_private_root_key_never_leaves(server: Appliance) -> None:
    given = await do(server, EXPORT_PUBLIC_KEY)
    assert "PRIVATE" not in repr(given)
    assert [path.name for path in server.outgoing.iterdir()] == ["tanium.pub"]


@pytest.mark.parametrize("form", ["check_code", "fingerprint"])
@pytest.mark.parametrize("written", [str, str.lower, lambda code: code.replace("-", "").replace(":", "")])
async def test_a_code_or_a_fingerprint_may_be_demanded_in_any_writing(
    zone: Appliance, server: Appliance, form: str, written: Callable[[str], str]
) -> None:
    given = await do(server, EXPORT_PUBLIC_KEY)
    pem = given.data["public_key"].encode()
    prepared = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem, fingerprint=written(given.data[form]))
    assert not prepared.refusals


@pytest.mark.parametrize("form", ["check_code", "fingerprint"])
@pytest.mark.parametrize(
    "wrong",
    [lambda code: "0" + code[1:] if code[0] != "0" else "1" + code[1:], lambda code: code[:4], lambda _: "yes"],
)
async def test_another_code_is_refused_and_nothing_is_trusted(
    zone: Appliance, server: Appliance, form: str, wrong: Callable[[str], str]
) -> None:
    given = await do(server, EXPORT_PUBLIC_KEY)
    prepared = await plan(
        zone,
        IMPORT_PUBLIC_KEY,
        source="paste",
        text=given.data["public_key"].encode(),
        fingerprint=wrong(given.data[form]),
    )
    assert [finding.id for finding in prepared.refusals] == ["fingerprint-mismatch"]
    assert not (zone.root / "tanium.pub").exists()


async def test_another_root_in_its_place_wants_a_typed_word(
    zone: Appliance, server: Appliance, stranger: bytes
) -> None:
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes())
    prepared = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=stranger)
    assert prepared.confirmation.word == "REPLACE"
    assert [finding.id for finding in prepared.findings] == ["root-replaced"]
    result = await IMPORT_PUBLIC_KEY.apply(call(zone), prepared, silent)
    assert result.findings == (), "what would come is told before it came"
    assert (zone.root / "tanium.pub").read_bytes() == stranger
    row = zone.store.row("SELECT * FROM audit ORDER BY id DESC LIMIT 1")
    assert row
    assert (row["before"], row["after"]) == (prepared.payload.before, prepared.payload.check_code)


async def test_the_same_root_again_is_nothing_to_do(zone: Appliance, server: Appliance) -> None:
    pem = (server.root / "tanium.pub").read_bytes()
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    before = done(zone)
    prepared = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    assert prepared.nothing_to_do
    assert prepared.confirmation.given_by("")
    assert prepared.confirmation.given_by("yes")
    again = await IMPORT_PUBLIC_KEY.apply(call(zone), prepared, silent)
    assert [finding.id for finding in again.findings] == ["already-installed"]
    assert done(zone) == before
    (zone.root / "tanium.pub").unlink()
    with pytest.raises(NotYet, match="stale"):
        await IMPORT_PUBLIC_KEY.apply(call(zone), prepared, silent)
    assert done(zone) == before


async def test_a_trusted_root_says_what_is_next(zone: Appliance, server: Appliance) -> None:
    pem = (server.root / "tanium.pub").read_bytes()
    first = await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    await do(zone, CREATE_CSR)
    then = await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    said = [
        str(section.message) for result in (first, then) for section in result.sections if isinstance(section, Say)
    ]
    assert said == ["Next: `zone-server create-csr`.", "Next: `zone-server import-certificate`."]


async def test_a_server_with_its_own_root_imports_none(server: Appliance, stranger: bytes) -> None:
    with pytest.raises(NotOffered):
        await plan(server, IMPORT_PUBLIC_KEY, source="paste", text=stranger)


async def test_a_leaf_is_no_root(zone: Appliance, server: Appliance, zone_server: Callable[..., Appliance]) -> None:
    _, issued, _ = await exchange(zone_server("zs2"), server)
    prepared = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=issued.data["certificate"].encode())
    assert "not-a-root" in [finding.id for finding in prepared.refusals]


async def test_two_certificates_are_no_root(zone: Appliance, server: Appliance, stranger: bytes) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=stranger + (server.root / "tanium.pub").read_bytes())
    assert refused.value.id == "not-a-root"


async def test_a_private_key_in_its_place_is_named(zone: Appliance, server: Appliance) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await prepare_from_bytes(call(zone), (server.root / "tanium.pvk").read_bytes(), N_("ts1"))
    assert refused.value.id == "private-key"


async def test_what_is_not_in_incoming_is_missing(zone: Appliance) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await plan(zone, IMPORT_PUBLIC_KEY, source="incoming")
    assert refused.value.id == "missing-file"


async def test_an_appliance_without_a_root_exports_none(zone: Appliance) -> None:
    with pytest.raises(NotYet):
        await plan(zone, EXPORT_PUBLIC_KEY)


@pytest.mark.parametrize("trusted", [False, True])
async def test_a_failure_leaves_the_earlier_trust(
    zone: Appliance, server: Appliance, stranger: bytes, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    if trusted:
        await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes())
    before = done(zone), [path.read_bytes() for path in zone.root.iterdir()]
    with monkeypatch.context() as full:
        full_disk(full, "root/.tanium.pub")
        with pytest.raises(Damaged):
            await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=stranger)
    assert (done(zone), [path.read_bytes() for path in zone.root.iterdir()]) == before

    def failing(*words: Any) -> None:
        write_whole(*words)
        monkeypatch.undo()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("tanos.certificates.root_files.write_whole", failing)
    with pytest.raises(Damaged):
        await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=stranger)
    assert (done(zone), [path.read_bytes() for path in zone.root.iterdir()]) == before


async def test_a_damaged_root_can_be_replaced_by_importing_it(zone: Appliance, server: Appliance) -> None:
    (zone.root / "tanium.pub").write_bytes(b"rubbish")
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes())
    assert (await do(zone, CREATE_CSR)).findings == ()
