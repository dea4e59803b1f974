"""An appliance's own pairing text names a host key that stays."""

import pytest

from sftp.pairing.own import own_text
from tanos.appliance import Appliance
from tanos.door.rotation_operations import RETIRE_HOST_KEY, ROTATE_HOST_KEY
from tanos.errors import NotYet
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.platform import UserRole
from tanos.trials.ends import confirm, revert
from tanos.trials.trial import waiting
from tanos.users.accounts import add_user
from tests.conftest import call


@pytest.mark.parametrize("ends", ["kept", "put back"])
async def test_a_host_key_on_trial_is_given_to_nobody_to_pin(bare_zone_server: Appliance, ends: str) -> None:
    keeper, asked = Keeper(bare_zone_server), call(bare_zone_server)
    keeper.make_host_keys()
    with bare_zone_server.store.change(asked) as change:
        add_user(change, "tanadmin", UserRole.TANADMIN, None)
    keeper.keep_ssh_pair("tanadmin", keeper.new_ssh_pair("tanadmin"))
    before = own_text(bare_zone_server).host_key
    for operation in (ROTATE_HOST_KEY, RETIRE_HOST_KEY):
        assert own_text(bare_zone_server).host_key == before
        await operation.apply(asked, await operation.prepare(asked, kind="ed25519"), silent)

    with pytest.raises(NotYet, match="is on trial") as refused:
        own_text(bare_zone_server)
    assert refused.value.id == "step-missing"
    (trial,) = waiting(bare_zone_server)
    if ends == "kept":
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("tanos.trials.ends.check_proves", lambda *_: None)
            confirm(asked, trial)
    else:
        revert(asked, trial)
    assert (own_text(bare_zone_server).host_key == before) is (ends == "put back")
