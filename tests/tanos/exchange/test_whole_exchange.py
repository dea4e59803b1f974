"""The main job: a request goes, a certificate comes back, a pair is installed; judged by openssl."""

import json
from collections.abc import Callable
from pathlib import Path

from tanos.appliance import Appliance
from tanos.exchange import ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.overview.status import STATUS, ZONE_SERVER_STATUS
from tests.conftest import call
from tests.tanos.certificates.judges import assert_lints_clean
from tests.tanos.exchange.conftest import do, exchange, openssl, send, tree


def judged(zone: Appliance, server: Appliance) -> None:
    current = zone.certificates / "reporting" / "current"
    openssl(
        "verify", "-x509_strict", "-CAfile", str(server.root / "tanium.pub"), "-purpose", "sslserver",
        "-verify_hostname", zone.identity.fqdn, str(current / "reporting.crt"),
    )  # fmt: skip
    of_key = openssl("pkey", "-in", str(current / "reporting.pvk"), "-pubout")
    of_certificate = openssl("x509", "-in", str(current / "reporting.crt"), "-noout", "-pubkey")
    assert of_key == of_certificate


async def test_by_paste_one_check_code_stands_at_every_station(zone: Appliance, server: Appliance) -> None:
    made, issued, installed = await exchange(zone, server)
    codes = {result.data["check_code"] for result in (made, issued, installed)}
    assert len(codes) == 1
    assert installed.data["handshake"]["check_code"] in codes
    judged(zone, server)
    assert_lints_clean(zone.certificates / "reporting" / "current" / "reporting.crt")


async def test_every_promised_field_is_there_and_is_plain_json(zone: Appliance, server: Appliance) -> None:
    made, issued, installed = await exchange(zone, server)
    assert {"csr", "check_code", "subject", "names"} <= set(made.data)
    assert {"certificate", "check_code", "serial", "not_after", "already_issued"} <= set(issued.data)
    assert {"check_code", "version", "settings", "handshake"} <= set(installed.data)
    for result in (made, issued, installed):
        json.dumps(dict(result.data))


async def test_the_settings_that_an_installation_writes_are_shown_and_stored(
    zone: Appliance, server: Appliance
) -> None:
    *_, installed = await exchange(zone, server)
    settings = installed.data["settings"]
    assert settings["ReportingTLSMode"] == 2
    assert settings["RequireIncomingEncryption"] == 0
    assert Path(settings["ReportingTLSCertPath"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert Path(settings["ReportingTLSKeyPath"]).is_file()
    assert installed.data["handshake"]["ok"]
    assert installed.data["handshake"]["protocol"] == "TLSv1.2"


async def test_by_files_the_drop_boxes_carry_it(zone: Appliance, server: Appliance, tmp_path: Path) -> None:
    made = await do(zone, CREATE_CSR)
    group = made.data["check_code"][:4]
    send(zone.outgoing, server.incoming, f"reporting-{group}.csr", "reporting.csr")
    issued = await do(server, IMPORT_REQUEST, source="incoming")
    assert issued.data["check_code"] == made.data["check_code"]
    send(server.outgoing, zone.incoming, "reporting.crt")
    installed = await do(zone, IMPORT_CERTIFICATE, source="incoming")
    assert installed.data["version"] == 1
    judged(zone, server)
    text = openssl("x509", "-in", str(server.outgoing / f"reporting-{group}.crt"), "-noout", "-serial")
    assert text.strip() == "serial=" + issued.data["serial"]


async def test_three_zone_servers_at_once_do_not_disturb_each_other(
    zone_server: Callable[[str], Appliance], server: Appliance
) -> None:
    zones = [zone_server(name) for name in ("zs1", "zs2", "zs3")]
    requests = [await do(zone, CREATE_CSR) for zone in zones]
    for zone, made in zip(zones, requests, strict=True):
        send(zone.outgoing, server.incoming, f"reporting-{made.data['check_code'][:4]}.csr", "reporting.csr")
    for made in reversed(requests):
        file = f"reporting-{made.data['check_code'][:4]}.csr"
        await do(server, IMPORT_REQUEST, source="incoming", file=file)
    for zone, made in zip(zones, requests, strict=True):
        send(server.outgoing, zone.incoming, *(path.name for path in server.outgoing.glob("*.crt")))
        installed = await do(zone, IMPORT_CERTIFICATE, source="incoming")
        assert installed.data["check_code"] == made.data["check_code"]
        judged(zone, server)


async def test_the_servers_own_pair_stays_as_it_was(zone: Appliance, server: Appliance) -> None:
    before = tree(server.certificates), tree(server.root)
    await exchange(zone, server)
    assert (tree(server.certificates), tree(server.root)) == before


async def test_the_status_tells_each_step(zone: Appliance, server: Appliance) -> None:
    async def state() -> list[str]:
        result = await ZONE_SERVER_STATUS.read(call(zone))
        assert all(
            set(one) == {"check_code", "peer", "subject", "state", "since"} for one in result.data["exchanges"]
        )
        return [one["state"] for one in result.data["exchanges"]]

    assert await state() == []
    made = await do(zone, CREATE_CSR)
    assert await state() == ["shown"]
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    assert ledger.exchanges(server)[0].state == "issued"
    await do(zone, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())
    assert await state() == ["installed"]
    status = await STATUS.read(call(zone))
    assert status.data["installed"]["version"] == 1
    assert status.data["installed"]["check_code"] == made.data["check_code"]
    assert status.data["role"] == "zone-server"


async def test_the_private_key_is_in_no_result_no_drop_box_and_no_audit(zone: Appliance, server: Appliance) -> None:
    results = await exchange(zone, server)
    key = (zone.certificates / "reporting" / "current" / "reporting.pvk").read_text().splitlines()[1]
    assert all(key not in repr(result) for result in results)
    assert key.encode() not in b"".join(tree(zone.home / "dropbox").values())
    assert key not in repr([tuple(row) for row in zone.store.rows("SELECT * FROM audit")])
    assert not list(zone.requests.iterdir())
