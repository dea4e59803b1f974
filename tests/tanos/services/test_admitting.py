"""Who may come, as tables 2 to 4 of seed 000 have it: by release of the server, protocol and encryption."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    CertificateBuilder,
    Name,
    NameAttribute,
    RFC822Name,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    load_pem_x509_certificate,
)
from cryptography.x509.oid import NameOID

import tanos.services
from tanos.services.admitting import flags_of, flags_said, why_no_hub, why_not, with_flags
from tanos.services.protocol import Hello, Part
from tests.conftest import NOON
from tests.tanos.services.authority import authority

SERVICES = Path(tanos.services.__file__).parent
OLD_CLIENT = Hello(Part.CLIENT, "1", "pc1", 314, "7.2")
NEW_CLIENT = Hello(Part.CLIENT, "2", "pc2", 315, "7.4")
HUB = Hello(Part.HUB, "ts1", "ts1", 314, "7.3")
SERVERS = load_pem_x509_certificate(authority().pair("ts1.lab.test").encode()).public_bytes(Encoding.DER)
CLIENTS = load_pem_x509_certificate(authority().below("Client c1").pem.encode()).public_bytes(Encoding.DER)
"""Names no host."""


def with_mail() -> bytes:
    """Return a certificate that names nothing but a mailbox, which no intermediate is kept from naming."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = Name([NameAttribute(NameOID.COMMON_NAME, "ts1.lab.test")])
    built = CertificateBuilder(name, name, key.public_key(), 1, NOON, NOON + timedelta(days=1))
    names = SubjectAlternativeName([RFC822Name("hub@lab.test"), UniformResourceIdentifier("tanium://ts1.lab.test")])
    return built.add_extension(names, critical=False).sign(key, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "client, release, settings, tls, reason",
    [
        (OLD_CLIENT, "7.2", {}, False, ""),
        (OLD_CLIENT, "7.3", {}, False, ""),
        (OLD_CLIENT, "7.3", {}, True, ""),
        (OLD_CLIENT, "7.3", {"RequireIncomingEncryption": 0}, False, ""),
        (OLD_CLIENT, "7.3", {"RequireIncomingEncryption": 1}, False, "tls-required"),
        (OLD_CLIENT, "7.3", {"RequireIncomingEncryption": "1"}, False, "tls-required"),
        (OLD_CLIENT, "7.3", {"RequireIncomingEncryption": 1}, True, ""),
        (NEW_CLIENT, "7.3", {}, True, "protocol-unknown"),
        (OLD_CLIENT, "7.4", {}, True, "protocol-314-off"),
        (OLD_CLIENT, "7.4", {"enable_protocol_314_flag": 1}, False, ""),
        (OLD_CLIENT, "7.4", {"enable_protocol_314_flag": 1, "require_client_tls_314_flag": 1}, False, "tls-required"),
        (OLD_CLIENT, "7.4", {"enable_protocol_314_flag": 1, "require_client_tls_314_flag": 1}, True, ""),
        (OLD_CLIENT, "7.4", {"enable_protocol_314_flag": 1, "RequireIncomingEncryption": 1}, False, ""),
        (NEW_CLIENT, "7.4", {}, False, "tls-required"),
        (NEW_CLIENT, "7.4", {}, True, ""),
        (NEW_CLIENT, "7.4", {"require_client_tls_315_flag": 0}, False, ""),
        (NEW_CLIENT, "7.4", {"require_client_tls_314_flag": 0}, False, "tls-required"),
        (Hello(Part.CLIENT, "3", "pc3", 316, "7.5"), "7.4", {}, True, "protocol-unknown"),
        (HUB, "7.3", {}, True, "not-a-client"),
    ],
)
def test_a_client_comes_in_as_the_settings_have_it(
    client: Hello, release: str, settings: dict[str, object], tls: bool, reason: str
) -> None:
    assert why_not(client, settings, release=release, uses_tls=tls) == reason


@pytest.mark.parametrize(
    "hub, settings, address, tls, certificate, reason",
    [
        (HUB, {}, "10.0.0.1", True, SERVERS, "hub-not-allowed"),
        (HUB, {"AllowedHubs": "10.0.0.2"}, "10.0.0.1", True, SERVERS, "hub-not-allowed"),
        (HUB, {"AllowedHubs": "10.0.0.2, 10.0.0.1"}, "10.0.0.1", True, SERVERS, ""),
        (HUB, {"AllowedHubs": "10.0.0.1"}, "10.0.0.1", False, None, ""),
        (HUB, {"AllowedHubs": "10.0.0.1"}, "10.0.0.1", True, None, "hub-without-certificate"),
        (HUB, {"EnforceAllowedHubs": 0}, "10.0.0.1", True, SERVERS, ""),
        (HUB, {"EnforceAllowedHubs": 0}, "10.0.0.1", True, CLIENTS, "hub-without-certificate"),
        (HUB, {"EnforceAllowedHubs": 0}, "10.0.0.1", True, with_mail(), "hub-without-certificate"),
        (HUB, {"EnforceAllowedHubs": 0}, "10.0.0.1", True, b"rubbish", "hub-without-certificate"),
        (OLD_CLIENT, {"EnforceAllowedHubs": 0}, "10.0.0.1", True, SERVERS, "not-a-hub"),
    ],
)
def test_a_hub_comes_from_where_it_may(
    hub: Hello, settings: dict[str, object], address: str, tls: bool, certificate: bytes | None, reason: str
) -> None:
    shown = {"address": address, "uses_tls": tls, "certificate": certificate}
    assert why_no_hub(hub, settings, release="7.3", **shown) == reason  # type: ignore[arg-type]  # of three kinds
    unless = reason or ("" if tls else "tls-required")
    assert why_no_hub(hub, settings, release="7.4", **shown) == unless  # type: ignore[arg-type]  # of three kinds


def test_the_page_of_the_protocol_holds_every_refusal_and_no_other() -> None:
    rooms = ("admitting.py", "tanium_server/program.py", "tanium_server/registering.py", "zone_server/program.py",
             "tanium_server/telling.py", "tanium_server/granting.py", "certifying.py", "protocol.py",
             "client/neighbours.py")  # fmt: skip
    code = "".join((SERVICES / room).read_text() for room in rooms)
    kept = "UNREACHABLE|NONE|NOT_READY|NOT_PROVED|CLIENT_REVOKED"
    said = set(re.findall(rf'(?:return |refusal\(|(?:{kept}) = )"([a-z]+(?:-[a-z0-9]+)+)"', code))
    table = (SERVICES.parents[1] / "docs" / "protocol.md").read_text()
    rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    assert {each for row in rows for each in re.findall(r"`([a-z0-9-]+)`", row)} == said


@pytest.mark.parametrize(
    "own, said, holds",
    [
        ({}, {}, None),
        ({"require_client_tls_315_flag": 0}, {}, 0),
        ({}, {"require_client_tls_315_flag": 0}, 0),
        ({"require_client_tls_315_flag": "1"}, {"require_client_tls_315_flag": 0}, 1),
        ({"require_client_tls_315_flag": 0}, {"require_client_tls_315_flag": 1}, 1),
    ],
)
def test_of_a_zone_server_s_own_flag_and_what_was_said_the_stricter_holds(
    own: dict[str, object], said: dict[str, int], holds: int | None
) -> None:
    assert with_flags(own, said).get("require_client_tls_315_flag") == holds


def test_an_old_client_that_is_kept_out_by_hand_stays_out_whatever_the_tanium_server_says() -> None:
    settings = with_flags({"enable_protocol_314_flag": 0}, {"enable_protocol_314_flag": 1})
    assert why_not(OLD_CLIENT, settings, release="7.4", uses_tls=True) == "protocol-314-off"


@pytest.mark.parametrize(
    "words", [None, [], "x", {"AllowedHubs": 0}, *({"require_client_tls_315_flag": each} for each in (2, True, "0"))]
)
def test_what_is_no_flag_says_nothing(words: object) -> None:
    assert flags_said(words) == {}


def test_what_a_tanium_server_says_is_what_it_goes_by_itself_and_only_from_7_4_on() -> None:
    assert flags_of({"require_client_tls_314_flag": "1"}, "7.3") == {}
    assert flags_of({"require_client_tls_314_flag": "1", "AllowedHubs": "x"}, "7.4") == {
        "enable_protocol_314_flag": 0,
        "require_client_tls_314_flag": 1,
        "require_client_tls_315_flag": 1,
    }
