"""What is for people: neither sent nor taken away by other appliances, although their keys sign in, too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sftp.clerk import Clerk
from sftp.events import Events
from sftp.files.for_people import FOR_PEOPLE, is_persons
from sftp.guest import Guest
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SOAP, SSL
from tanos.https_pairs.backup import copies
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_line
from tanos.platform import DROP_BOX_USER, UserRole
from tanos.users.accounts import add_user
from tests.conftest import call
from tests.sftp.files.conftest import CREATE, DENIED, OK, READ, TRUNCATE, WRITE, Client, string, visible
from tests.sftp.files.test_receipts import OVER, made

KEY = made("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
OTHER = made("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
IN, OUT = b"/incoming/SOAPServer.key", b"/outgoing/SOAPServer-backup.key"
PEER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFrktEBopSAd+4atF1/Y8toJzoA6xt2/CyUPVaqpUGcu"


@contextmanager
def connected(dropbox: Path, key: str, is_person: Callable[[], bool] = lambda: True) -> Iterator[Client]:
    """Connect by some key."""
    one = Client(dropbox, key, is_person=is_person)
    try:
        yield one
    finally:
        one.leave()


def test_a_private_key_that_was_sent_is_given_back_to_nobody(dropbox: Path) -> None:
    with connected(dropbox, "SHA256:operator") as operator, connected(dropbox, "SHA256:peer") as peer:
        assert operator.put(IN, KEY) == OK
        assert peer.open(IN, READ) == DENIED
        assert operator.open(IN, READ) == DENIED
        assert peer.size(IN) == len(KEY), "that it arrived whole is seen all the same"
        assert ("refused", IN.decode(), "A private key is not given back: it is here for the menu alone.",
                "not-allowed") in peer.events  # fmt: skip


def test_it_is_not_copied_into_ones_own_part_by_who_goes_on_writing_it(dropbox: Path) -> None:
    with connected(dropbox, "SHA256:operator") as operator:
        assert operator.put(IN, KEY) == OK
    with connected(dropbox, "SHA256:peer") as peer:
        assert peer.open(IN, WRITE | CREATE) == DENIED
        assert peer.open(IN, READ | WRITE) == DENIED
        assert peer.status(13, string(IN)) == OK
        assert peer.open(IN, READ) != OK
        assert not visible(dropbox)


def test_who_sends_a_key_goes_on_where_the_connection_broke_and_may_replace_it(dropbox: Path) -> None:
    with connected(dropbox, "SHA256:operator") as operator:
        operator.write(operator.handle(IN), 0, KEY[:50])
    with connected(dropbox, "SHA256:operator") as operator:
        assert operator.read(operator.handle(IN, READ)) == KEY[:50]
        handle = operator.handle(IN, WRITE)
        assert (operator.write(handle, 50, KEY[50:]), operator.close(handle)) == (OK, OK)
        assert operator.put(IN, OTHER) == OK
    assert (dropbox / "incoming" / "SOAPServer.key").read_bytes() == OTHER


def test_a_copy_of_a_key_is_fetched_by_people_and_by_no_appliance(dropbox: Path) -> None:
    (dropbox / "outgoing" / "SOAPServer-backup.key").write_bytes(KEY)
    (dropbox / "outgoing" / "SOAPServer-backup.crt").write_bytes(b"public")
    with connected(dropbox, "SHA256:peer", lambda: False) as peer:
        assert peer.open(OUT, READ) == DENIED
        assert peer.read(peer.handle(b"/outgoing/SOAPServer-backup.crt", READ)) == b"public"
    with connected(dropbox, "SHA256:operator") as operator:
        assert operator.read(operator.handle(OUT, READ)) == KEY


def test_no_appliance_puts_a_pair_of_its_own_in_the_place_of_the_one_that_was_sent(dropbox: Path) -> None:
    with connected(dropbox, "SHA256:operator") as operator:
        assert operator.put(IN, KEY) == OK
    with connected(dropbox, "SHA256:peer", lambda: False) as peer:
        for flags in (WRITE | CREATE, WRITE | CREATE | TRUNCATE):
            assert peer.open(IN, flags) == DENIED
        assert peer.open(b"/incoming/SOAPServer.p12", WRITE | CREATE) == DENIED
        assert peer.status(13, string(IN)) == DENIED
        assert peer.put(b"/incoming/reporting.csr", b"else") == OK
        assert peer.status(18, string(b"/incoming/reporting.csr") + string(b"/incoming/ssl.key")) == DENIED
        assert peer.status(200, OVER + string(b"/incoming/reporting.csr") + string(IN)) == DENIED
    assert (dropbox / "incoming" / "SOAPServer.key").read_bytes() == KEY


def test_nor_does_one_read_who_did_what_here_and_which_servers_there_are(dropbox: Path) -> None:
    for name in ("audit.jsonl", "issued.jsonl"):
        (dropbox / "outgoing" / name).write_bytes(b"who, whence, when")
        with connected(dropbox, "SHA256:peer", lambda: False) as peer:
            assert peer.open(f"/outgoing/{name}".encode(), READ) == DENIED


def test_every_copy_that_a_menu_makes_is_known_as_one() -> None:
    assert {copies(kind)[1] for kind in (SOAP, SSL)} <= FOR_PEOPLE["outgoing"]


@pytest.mark.parametrize(("comment", "persons"), [("tanadmin@zs1", False), ("Tanadmin@zs1", False), ("ann", True)])
def test_a_key_that_bears_the_name_of_an_appliance_fetches_none(
    bare_tanium_server: Appliance, comment: str, persons: bool
) -> None:
    key = read_line(f"{PEER} {comment}")
    with bare_tanium_server.store.change(call(bare_tanium_server)) as change:
        add_user(change, DROP_BOX_USER, UserRole.TANCOPY, None)
        authorize(change, call(bare_tanium_server), DROP_BOX_USER, key)
    assert is_persons(bare_tanium_server.home, key.fingerprint) is persons


def test_a_key_of_a_peer_fetches_none_whatever_it_is_called_and_who_shows_none_neither(
    bare_tanium_server: Appliance,
) -> None:
    key = read_line(f"{PEER} ann")
    with bare_tanium_server.store.change(call(bare_tanium_server)) as change:
        add_user(change, DROP_BOX_USER, UserRole.TANCOPY, None)
        authorize(change, call(bare_tanium_server), DROP_BOX_USER, key)
        change.execute(
            "INSERT INTO peers (name, host, port, host_key, host_key_fingerprint, added_at, key)"
            " VALUES ('zs1', 'zs1', 22, '', '', '', ?)",
            key.fingerprint,
        )
    assert not is_persons(bare_tanium_server.home, key.fingerprint)
    assert not is_persons(bare_tanium_server.home, "")


async def test_the_child_is_told_at_the_moment_at_which_it_asks(bare_tanium_server: Appliance) -> None:
    answers: list[bytes] = []
    guest = Guest(bare_tanium_server, DROP_BOX_USER, UserRole.TANCOPY, "127.0.0.1", "SHA256:a", "s")
    clerk = Clerk(bare_tanium_server)
    events = Events(guest, clerk, answers.append)
    events.feed(b'{"asks_person": true}\n')
    while events._answering:
        await events._answering
    await clerk.close()
    assert answers == [b"1"]
