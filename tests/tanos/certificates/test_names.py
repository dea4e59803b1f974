"""Which names may stand in a certificate."""

import pytest
from cryptography import x509

from tanos.certificates.names import checked_names, examine_names, show_name, show_names
from tanos.errors import AnswerRefused
from tests.tanos.certificates.asking import ip

GOOD = (
    "zs1.lab.test",
    "zs1",
    "a-b.c",
    "x" * 63 + ".test",
    "10.0.0.5",
    "2001:db8::5",
    "xn--zrich-kva.test",
    "1a.test",
    "a--b.test",
)
BAD = (
    "a b",
    "a_b.test",
    "-a.test",
    "a-.test",
    "a..b",
    ".a",
    "a.",
    "x" * 64 + ".test",
    ".".join(["abcdefgh"] * 29),
    "zürich.test",
    "ab--c.test",
    "xn--a-.test",
    "1.2.3",
    "1.2.3.4.5",
    "a\x00b.test",
    "a\n.test",
    "IP:zs1",
    "URI:http://x",
)
FORBIDDEN = (
    "*.lab.test",
    "*",
    "localhost",
    "a.localhost",
    "localhost.localdomain",
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "169.254.1.1",
    "fe80::1",
    "ff02::1",
)


@pytest.mark.parametrize("text", GOOD)
def test_a_good_name_is_taken_as_it_is(text: str) -> None:
    assert show_names(checked_names([text])) == (text,)


@pytest.mark.parametrize("text", BAD)
def test_a_malformed_name_is_refused(text: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        checked_names([text])
    assert refused.value.id == "san-bad"


@pytest.mark.parametrize("text", FORBIDDEN)
def test_a_name_that_means_more_or_less_than_one_server_is_refused(text: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        checked_names([text])
    assert refused.value.id == "san-forbidden"


def test_names_are_lower_case_once_and_in_order() -> None:
    assert show_names(
        checked_names(["ZS1.lab.test", " ", "DNS:b.test", "zs1.LAB.test", "IP:10.0.0.5", "10.0.0.5"])
    ) == (
        "zs1.lab.test",
        "b.test",
        "10.0.0.5",
    )


@pytest.mark.parametrize(
    "name",
    [
        x509.RFC822Name("a@b.test"),
        x509.UniformResourceIdentifier("https://b.test"),
        x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        x509.DirectoryName(x509.Name([])),
    ],
)
def test_other_kinds_of_names_are_refused_and_shown_with_their_kind(name: x509.GeneralName) -> None:
    assert [finding.id for finding in examine_names([name])] == ["san-forbidden"]
    assert ":" in show_name(name)


def test_a_hundred_names_are_enough() -> None:
    names = [x509.DNSName(f"n{number}.test") for number in range(101)]
    assert examine_names(names[:100]) == ()
    assert [finding.id for finding in examine_names(names)] == ["san-forbidden"]


def test_an_address_that_stands_as_a_host_name_is_refused() -> None:
    assert [finding.id for finding in examine_names([x509.DNSName("10.0.0.5")])] == ["san-bad"]
    assert examine_names([ip("10.0.0.5")]) == ()
