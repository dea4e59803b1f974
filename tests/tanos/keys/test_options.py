"""What may stand before a key: each option is honoured, or refuses its key by name and line."""

import time

import pytest

from tanos.errors import AnswerRefused
from tanos.keys.addresses import NoPattern, checked_patterns, is_from
from tanos.keys.expiry import moment_of
from tanos.keys.options import KeyOptions, NotHonoured, read_options
from tanos.keys.public_key import read_authorized_line, read_pasted_key
from tanos.moments import moment_text
from tests.tanos.keys.forms import BAD, LINE, Bad

HONOURED = {
    "restrict": "restrict",
    "restrict,pty": "restrict,pty",
    "pty": "",
    "pty,restrict": "restrict",
    "No-PTY": "no-pty",
    "no-X11-forwarding,no-agent-forwarding": "no-agent-forwarding,no-x11-forwarding",
    'from="10.0.0.0/8,!10.6.6.6"': 'from="10.0.0.0/8,!10.6.6.6"',
    'FROM="192.168.*.?,2001:DB8::/32"': 'from="192.168.*.?,2001:db8::/32"',
    'expiry-time="20270131Z"': 'expiry-time="20270131000000Z"',
    'expiry-time="202701311530Z",restrict': 'restrict,expiry-time="20270131153000Z"',
    'direction="incoming"': 'direction="incoming"',
    'direction="both"': "",
    "verify-required": "verify-required",
    'cert-authority,principals="erika,ops@lab"': 'cert-authority,principals="erika,ops@lab"',
    "cert-authority": "cert-authority",
}
REFUSED = {
    'command="/bin/sh"': "command",
    'permitopen="a:1"': "permitopen",
    'permitlisten="1"': "permitlisten",
    'environment="PATH=/tmp"': "environment",
    'tunnel="0"': "tunnel",
    "restrict,port-forwarding": "port-forwarding",
    "agent-forwarding": "agent-forwarding",
    "user-rc": "user-rc",
    "no-touch-required": "no-touch-required",
    'frobnicate="x"': "frobnicate",
    "restrict,frobnicate": "frobnicate",
    "restrict,": ",",
    "restrict,,pty": "",
    "restrict,restrict": "restrict",
    'from="10.0.0.1",from="10.0.0.2"': "from",
    'from=""': "from",
    "from=10.0.0.1": "from=10.0.0.1",
    'from="10.0.0.1': 'from="10.0.0.1',
    'from="*.lab.test"': "from",
    'from="10.0.0.1/8"': "from",
    'from="!10.0.0.1"': "from",
    'from="10.0.0.1, 10.0.0.2"': "from",
    'from="10.0.0.256"': "from",
    'expiry-time="tomorrow"': "expiry-time",
    'expiry-time="20270231"': "expiry-time",
    'expiry-time="2027013125"': "expiry-time",
    'direction="sideways"': "direction",
    'principals="erika"': "principals",
    'cert-authority,principals="a b"': "principals",
    'cert-authority,principals="a,,b"': "principals",
    'restrict="yes"': "restrict",
}


@pytest.mark.parametrize("text", HONOURED)
def test_an_option_that_is_honoured_is_kept_canonically_and_reads_back_the_same(text: str) -> None:
    options = read_options(text)
    assert str(options) == HONOURED[text]
    assert read_options(str(options)) == options


@pytest.mark.parametrize("text", REFUSED)
def test_an_option_that_cannot_be_honoured_is_named(text: str) -> None:
    with pytest.raises(NotHonoured) as raised:
        read_options(text)
    assert raised.value.option.startswith(REFUSED[text].split(",")[0])


@pytest.mark.parametrize("text", [text for text in REFUSED if text not in {"restrict,,pty", "from=10.0.0.1"}])
def test_a_line_with_such_an_option_is_refused_by_its_line_and_by_name(text: str) -> None:
    with pytest.raises(AnswerRefused) as raised:
        read_authorized_line(f"# a comment\n\n{text} {LINE}\n".encode())
    assert raised.value.id == "options"
    assert "Line 3" in str(raised.value.message)


def test_restrict_takes_the_terminal_and_pty_after_it_gives_it_back() -> None:
    assert not read_options("restrict").has_terminal
    assert read_options("restrict,pty").has_terminal
    assert not read_options("pty,restrict").has_terminal
    assert KeyOptions().has_terminal


@pytest.mark.parametrize(
    ("patterns", "address", "matches"),
    [
        ("10.0.0.0/8", "10.255.0.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.0/8,!10.6.6.6", "10.6.6.6", False),
        ("!10.6.6.6,10.0.0.0/8", "10.6.6.6", False),
        ("10.0.0.?", "10.0.0.7", True),
        ("10.0.0.?", "10.0.0.77", False),
        ("192.168.*", "192.168.3.4", True),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1", True),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "10.0.0.1", False),
        ("fe80::1", "fe80::1%eth0", True),
        ("fe80:*", "fe80::1%eth0", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("*", "", False),
        ("*", "somewhere", False),
    ],
)
def test_an_address_is_matched_as_openssh_does_and_an_unknown_one_never(
    patterns: str, address: str, matches: bool
) -> None:
    assert is_from(checked_patterns(patterns), address) is matches


@pytest.mark.parametrize("pattern", ["::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "::FFFF:10.*", "::ffff:a00:0/104"])
@pytest.mark.parametrize("address", ["10.0.0.1", "::ffff:10.0.0.1"])
def test_a_pattern_of_ipv4_inside_ipv6_holds_for_ipv4_and_keeps_it_out(pattern: str, address: str) -> None:
    assert is_from(checked_patterns(pattern), address)
    assert not is_from(checked_patterns(f"*,!{pattern}"), address)
    assert not is_from(checked_patterns(pattern), "11.0.0.1")
    assert is_from(checked_patterns(f"*,!{pattern}"), "11.0.0.1")


@pytest.mark.parametrize("pattern", ["fe80::1%\x1b[31m", "fe80::%\x1b[2J/64", "fe80::1%\u202e", "!fe80::1%a b,*"])
def test_a_zone_is_no_part_of_a_pattern_whatever_it_holds(pattern: str) -> None:
    with pytest.raises(NoPattern):
        checked_patterns(pattern)


def test_names_are_never_looked_up() -> None:
    with pytest.raises(NoPattern):
        checked_patterns("10.0.0.1,jump.lab.test")


def test_an_end_without_z_is_the_machines_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as there:
        there.setenv("TZ", "JST-9")
        time.tzset()
        assert moment_text(moment_of("202701310900")) == "2027-01-31T00:00:00Z"
        assert moment_text(moment_of("202701310900Z")) == "2027-01-31T09:00:00Z"
    time.tzset()


@pytest.mark.parametrize(
    "text", ["2027-01-31", "2027-01-31T00:00Z", "2027-01-31 00:00:00", "20270131", "202701310000z"]
)
def test_an_end_may_also_be_typed_as_a_date(text: str) -> None:
    assert moment_text(moment_of(text)).startswith("2027-01-3")


def test_where_no_authorisation_is_read_options_are_not_taken() -> None:
    with pytest.raises(AnswerRefused, match="options"):
        read_pasted_key(f"restrict {LINE}".encode())


@pytest.mark.parametrize("form", [form for form in BAD if form.id != "options"], ids=lambda form: form.name)
def test_whatever_else_is_refused_is_refused_with_options_allowed(form: Bad) -> None:
    with pytest.raises(AnswerRefused) as raised:
        read_authorized_line(form.raw)
    assert raised.value.id == form.id
