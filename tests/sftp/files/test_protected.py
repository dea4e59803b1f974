"""A file that an open exchange stands on is protected from the moment it does, also against older connections."""

from sftp.files.protection import is_protected
from tanos.appliance import Appliance
from tanos.exchange.file_names import request_name
from tanos.exchange.ledger import Side
from tests.conftest import call

CODE = "1A2B-3C4D-5E6F-7081-92A3-B4C5-D6E7-F809"


def set_state(appliance: Appliance, state: str) -> None:
    with appliance.store.change(call(appliance), CODE) as change:
        change.execute(
            "INSERT OR REPLACE INTO exchanges (side, check_code, subject, state, since)"
            " VALUES (?, ?, 'CN=zs1', ?, ?)",
            Side.ISSUER.value,
            CODE,
            state,
            change.now,
        )


def test_protection_follows_the_exchange(bare_tanium_server: Appliance) -> None:
    home = bare_tanium_server.home
    name = request_name(bare_tanium_server, Side.ISSUER, CODE)
    assert not is_protected(home, name)
    set_state(bare_tanium_server, "issued")
    assert is_protected(home, name)
    assert not is_protected(home, "notes.txt")
    set_state(bare_tanium_server, "returned")
    assert not is_protected(home, name)
