"""Networks: whom an address stands for, and what an operator may type."""

import pytest

from tanos.door.networks import holds, network_of, read_network, shown
from tanos.errors import AnswerRefused


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_address_stands_for_what_one_host_can_use(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("typed", "network"),
    [
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:db8::5/48", "2001:db8::/48"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_a_network_is_stored_in_one_spelling(typed: str, network: str) -> None:
    assert shown(read_network(typed)) == network


@pytest.mark.parametrize("zone", ["%eth0", "%\x1b[2J", "%\x1b[2J/64"])
def test_a_network_has_no_zone_whatever_it_holds(zone: str) -> None:
    with pytest.raises(AnswerRefused, match="bad-network"):
        read_network(f"fe80::{zone}")


@pytest.mark.parametrize("typed", ["", "all", "192.0.2", "192.0.2.0/33", "192.0.2.0/24 10.0.0.0/8", "\x1b[2J", "-1"])
def test_what_is_no_network_is_refused_inertly(typed: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        read_network(typed)
    assert refused.value.id == "bad-network"
    assert "\x1b" not in str(refused.value.message)


@pytest.mark.parametrize(
    ("address", "inside"),
    [("192.0.2.9", True), ("::ffff:192.0.2.9", True), ("192.0.3.1", False), ("2001:db8::/64", True), ("x", False)],
)
def test_an_address_is_found_in_a_list_of_networks(address: str, inside: bool) -> None:
    assert holds([read_network("192.0.2.0/24"), read_network("2001:db8::/48")], address) is inside
