"""The recipe of the page, run as it is printed with Return at every question, is refused; mended, it passes."""

import subprocess
from pathlib import Path

import pytest

from tanos.appliance import Appliance, utc_now
from tanos.https_pairs.requirements import examine
from tanos.https_pairs.uploaded import Uploaded, read_pair
from tests.tanos.https_pairs.made import authority, ca_key, key_pem, pem, rsa_key

PRINTED = Path(__file__).parents[2] / "data" / "soap" / "tanium-openssl.cfg"


def issued(directory: Path, configuration: Path) -> Uploaded:
    """Run the two commands of the page, have an authority sign what was asked for, and read the pair."""
    for name, text in {
        "tanium.key": key_pem(rsa_key()),
        "ca.pem": pem(authority().issuing),
        "ca.key": key_pem(ca_key("issuing")),
    }.items():
        (directory / name).write_bytes(text)
    for command in (
        f"openssl req -sha256 -new -out SOAPServer.csr -key tanium.key -config {configuration}",
        "openssl x509 -req -in SOAPServer.csr -CA ca.pem -CAkey ca.key -days 300 -sha256 -copy_extensions copyall"
        " -out SOAPServer.crt",
    ):
        subprocess.run(command.split(), cwd=directory, input=b"\n" * 20, capture_output=True, check=True)
    return read_pair((directory / "SOAPServer.crt").read_bytes(), (directory / "tanium.key").read_bytes())


@pytest.fixture
def server(bare_tanium_server: Appliance) -> Appliance:
    """A Tanium Server by the clock of the machine, which openssl goes by."""
    return Appliance(bare_tanium_server.home, bare_tanium_server.identity, utc_now)


def test_as_printed_it_is_refused_with_every_reason(server: Appliance, tmp_path: Path) -> None:
    found = examine(server, issued(tmp_path, PRINTED))
    assert [(each.id, each.severity.value) for each in found] == [
        ("name-placeholder", "refuse"),
        ("name-placeholder", "refuse"),
        ("cn-missing", "refuse"),
        ("cn-not-in-san", "warn"),
    ]


def test_mended_it_passes(server: Appliance, tmp_path: Path) -> None:
    mended = tmp_path / "mended.cfg"
    text = PRINTED.read_text().replace("server1.domain.com", "ts1.lab.test").replace("DNS.2 = server2.domain.com", "")
    text = text.replace("commonName = server.domain.com", "commonName = Name\ncommonName_default = ts1.lab.test")
    mended.write_text(text)
    assert examine(server, issued(tmp_path, mended)) == ()
