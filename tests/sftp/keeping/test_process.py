"""The keeper as a process: asked over a line it answers as the object does; where it is killed, another is asked."""

import os
import socket
import threading
import time
from typing import Any

import pytest
from cryptography import x509

from sftp.keeping import asking
from sftp.keeping.asking import FarKeeper
from sftp.keeping.rights import METHODS, PURE, STARTING, Part
from sftp.keeping.soon import CONNECT
from sftp.keeping.worker import MOST_CONNECTIONS
from tanos.appliance import Appliance
from tanos.certificates.issue import draft_certificate
from tanos.certificates.list_reading import read_list
from tanos.certificates.request import examine_request, pem_of
from tanos.certificates.root_files import RootFiles
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.errors import AnswerRefused, NotYet
from tanos.exchange.held_root import needed_root
from tanos.keeper import Keeper
from tanos.revocation.encoding import encode_list
from tanos.revocation.lists import LASTS
from tests.conftest import NOON
from tests.sftp.door.processes import soon
from tests.sftp.keeping.asked import HASH, another, answers, asked, the_keeper

pytestmark = pytest.mark.usefixtures("a_busy_machine")


def tbs_of(appliance: Appliance, der: bytes) -> bytes:
    request, _ = examine_request(der)
    return draft_certificate(request, needed_root(appliance), now=NOON).tbs


def test_a_whole_life_of_a_pair_is_asked_for_and_is_as_the_object_sees_it(appliance: Appliance) -> None:
    here = Keeper(appliance)
    with asked(appliance) as (front, far):
        der = far.make_request("reporting", "ts1.lab.test", ["ts1.lab.test"])
        (code,) = far.waiting("reporting")
        assert far.waiting("reporting") == here.waiting("reporting") == {code: der}
        assert far.holds(code)
        certificate = far.sign_certificate(tbs_of(appliance, der))
        assert x509.load_der_x509_certificate(certificate).issuer == needed_root(appliance).subject
        assert far.install("reporting", code, pem_of(certificate, "CERTIFICATE"), "tanadmin", ["AA"]) == 1
        with pytest.raises(ValueError, match="not to be asked"):
            far.install("reporting", code, "", "tanadmin", [1])  # type: ignore[list-item]  # what may come over the wire
        assert (far.current("reporting"), far.is_intact("reporting"), far.waiting("reporting")) == (1, True, {})
        assert far.versions("reporting") == here.versions("reporting")
        assert far.handshake() == here.handshake()
        assert far.live_certificate("reporting") == here.live_certificate("reporting")
        assert front.host_public_keys() == here.host_public_keys()
        line = far.new_ssh_pair("tanadmin")
        far.keep_ssh_pair("tanadmin", line)
        assert here.ssh_public_line("tanadmin") == line


def test_an_error_arrives_as_the_error_that_it_is(appliance: Appliance) -> None:
    here = Keeper(appliance)
    with asked(appliance) as (_, far):
        for keeper in (far, here):
            with pytest.raises(AnswerRefused, match="name-empty") as refused:
                keeper.make_request("reporting", " ", [])
            assert [finding.severity for finding in refused.value.findings] == ["refuse"]
            with pytest.raises(NotYet, match="step-missing") as missing:
                keeper.discard("1A2B")
            assert "1A2B" in str(missing.value)
        with pytest.raises(ValueError, match="not to be asked"):
            far.host_public_keys()
        with pytest.raises(ValueError, match="where the files are"):
            far.make_root()


def test_the_root_signs_no_second_authority_and_nothing_in_another_name(appliance: Appliance) -> None:
    keeper = Keeper(appliance, for_others=True)
    tbs = tbs_of(appliance, keeper.make_request("reporting", "ts1.lab.test", []))
    root = needed_root(appliance)
    leaf, usage = bytes.fromhex("0603551d130101ff04023000"), bytes.fromhex("0603551d0f0101ff040403020780")
    subject = root.subject.public_bytes()
    assert (tbs.count(leaf), tbs.count(usage)) == (1, 1)
    wrong = [
        root.tbs_certificate_bytes,
        tbs.replace(usage, usage[:-1] + b"\x84"),
        tbs.replace(leaf, leaf.replace(b"\x1d\x13", b"\x1d\x63")),
        tbs.replace(subject, subject[:-1] + b"1"),
    ]
    assert keeper.sign_certificate(tbs)
    for each in wrong:
        with pytest.raises(ValueError, match=r"authority|another issuer|pars"):
            keeper.sign_certificate(each)


def test_the_front_and_a_user_may_ask_for_nothing_else(appliance: Appliance) -> None:
    with asked(appliance) as (front, _):
        for method, words in (
            ("sign_certificate", (b"",)),
            ("make_request", ("reporting", "a", [])),
            ("new_ssh_pair", ("x",)),
        ):
            with pytest.raises(ValueError, match="not to be asked"):
                getattr(front, method)(*words)
        with another(front._line, Part.USER, "eve") as line:  # type: ignore[attr-defined]
            eve = FarKeeper(appliance, line)
            assert eve.holds_root()
            eve.keep_ssh_pair("eve", eve.new_ssh_pair("eve"))
            for method, words in (("new_ssh_pair", ("tanadmin",)), ("ssh_public_line", ("tanadmin",))):
                with pytest.raises(ValueError, match="not to be asked"):
                    getattr(eve, method)(*words)


def test_who_starts_the_services_puts_a_kept_pair_for_https_back_and_installs_none(appliance: Appliance) -> None:
    with asked(appliance) as (front, _), another(front._line, Part.SUPERVISOR, "") as line:  # type: ignore[attr-defined]
        supervisor = FarKeeper(appliance, line)
        for kind in ("soap", "ssl"):
            with pytest.raises(AnswerRefused, match="no-such-version"):
                supervisor.restore(kind, 99)
        for method, words in (
            ("restore", ("reporting", 1)),
            ("install_pair", ("soap", b"", b"", "")),
            ("pair_shown", ("soap", "")),
            ("sign_in", (b"",)),
        ):
            with pytest.raises(ValueError, match="not to be asked"):
                getattr(supervisor, method)(*words)


def test_who_starts_the_services_and_an_administrator_have_lists_of_what_is_revoked_signed_and_nobody_else(
    appliance: Appliance,
) -> None:
    tbs = encode_list(needed_root(appliance), [], number=1, this_update=NOON, next_update=NOON + LASTS)
    with asked(appliance) as (front, far), another(front._line, Part.SUPERVISOR, "") as line:  # type: ignore[attr-defined]
        supervisor = FarKeeper(appliance, line)
        for each in (supervisor, far):
            assert read_list(each.sign_revocations(tbs), needed_root(appliance)).number == 1
            with pytest.raises(ValueError, match=r"issuer|pars"):
                each.sign_revocations(needed_root(appliance).tbs_certificate_bytes)
        with another(front._line, Part.USER, "eve") as hers:  # type: ignore[attr-defined]
            for each in (front, FarKeeper(appliance, hers)):
                with pytest.raises(ValueError, match="not to be asked"):
                    each.sign_revocations(tbs)


def test_every_method_is_open_to_somebody_or_said_to_be_for_starting_only() -> None:
    public = {name for name in dir(Keeper) if not name.startswith("_")}
    assert public == METHODS | STARTING
    assert not METHODS & STARTING
    assert PURE <= METHODS


def test_the_root_key_is_loaded_once_for_all_who_ask(appliance: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    load, log = RootFiles._load, appliance.home / "log" / "loads"

    def counted(self: RootFiles) -> Any:
        with log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        return load(self)

    monkeypatch.setattr(RootFiles, "_load", counted)
    with asked(appliance) as (front, far):
        tbs = tbs_of(appliance, far.make_request("reporting", "ts1.lab.test", []))
        with another(front._line) as line:  # type: ignore[attr-defined]
            for _ in range(20):
                far.sign_certificate(tbs)
                FarKeeper(appliance, line).sign_certificate(tbs)
        assert log.read_text().split() == [str(the_keeper())]


def test_a_slow_question_holds_up_nobody_elses(appliance: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(_: WaitingKeys, kind: Any) -> dict[str, bytes]:
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            pass  # computing, as a new RSA key is
        return {}

    monkeypatch.setattr(WaitingKeys, "requests", slowly)
    with asked(appliance) as (front, far):
        fingerprint = Keeper(appliance)._hosts.public_keys()[0].fingerprint
        front.sign_exchange(fingerprint, "ssh-ed25519", HASH)
        slow = threading.Thread(target=far.waiting, args=("reporting",))
        slow.start()
        times = []
        while slow.is_alive():
            began = time.perf_counter()
            front.sign_exchange(fingerprint, "ssh-ed25519", HASH)
            times.append(time.perf_counter() - began)
        assert len(times) > 2, "it would have been held up once, until the end"


def test_a_line_has_a_few_connections_and_no_more(appliance: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    with asked(appliance) as (_, far):
        line = far._line  # type: ignore[attr-defined]
        held = [line._connected() for _ in range(MOST_CONNECTIONS)]
        monkeypatch.setattr(asking, "CONNECT_SECONDS", 0.5)
        with pytest.raises(NotYet, match="busy"):
            far.holds_root()
        for each in held:
            each.close()
        assert soon(lambda: answers(far))


def test_what_is_no_connection_is_left_and_the_keeper_stays(appliance: Appliance) -> None:
    with asked(appliance) as (_, far):
        line, keeper = far._line, the_keeper()  # type: ignore[attr-defined]
        for _ in range(2 * MOST_CONNECTIONS):
            nothing = os.open(os.devnull, os.O_RDONLY)
            socket.send_fds(line._line, [CONNECT], [nothing])
            os.close(nothing)
        assert soon(lambda: answers(far))
        assert the_keeper() == keeper
