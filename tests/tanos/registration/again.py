"""Registering anew by a password of the console, from either end."""

import pytest

from tanos.certificates.pair_kinds import SOAP, SSL
from tanos.deeds import RE_REGISTER as RE_REGISTER_DEED
from tanos.errors import AnswerRefused
from tanos.https_pairs.again import RE_REGISTER
from tanos.https_pairs.restore import SSL_RESTORE
from tanos.operation import Result
from tanos.report import Fact, Facts, Mark
from tanos.secret import Secret
from tanos.services.catalogue import MODULE_SERVER, TANIUM_SERVER
from tests.conftest import MS1, TS1
from tests.tanos.registration.pair import PASSWORD, Pair, all_four_hops, do, install


async def registered_anew(pair: Pair) -> None:
    """Once a certificate was replaced its server registers anew by a password of the console, without a code."""
    signed_in = {"user": "tanium", "password": PASSWORD}
    with pytest.raises(AnswerRefused, match="console-sign-in-refused"):
        await install(pair.ts, SOAP, TANIUM_SERVER.name)
        await do(pair.ts, RE_REGISTER, user="tanium", password=Secret("wrong"))
    before = pair.at_ms.services[MODULE_SERVER.name].since
    done = await do(pair.ts, RE_REGISTER, **signed_in)
    assert [(str(each.label), str(each.value), each.mark) for each in rows_of(done)] == [
        ("registered", MS1.fqdn, Mark.OK),
        ("its services restarted", MS1.fqdn, Mark.OK),
        ("restarted", TANIUM_SERVER.name, Mark.OK),
    ]
    since = pair.at_ms.services[MODULE_SERVER.name].since
    assert before is not None
    assert since is not None
    assert since > before
    await all_four_hops(pair, await pair.session())
    assert (await do(pair.ts, RE_REGISTER, **signed_in)).data == {"registered": [], "refused": []}
    await install(pair.ms, SSL, MODULE_SERVER.name)
    with pytest.raises(AnswerRefused, match="registration-refused"):
        await do(pair.ms, RE_REGISTER, user="tanium", password=Secret("wrong"))
    done = await do(pair.ms, RE_REGISTER, **signed_in)
    assert done.data == {"registered": [TS1.fqdn], "refused": []}
    await all_four_hops(pair, await pair.session())
    restored = await do(pair.ms, SSL_RESTORE, version="")
    assert restored.leads_to == RE_REGISTER_DEED
    await do(pair.ms, RE_REGISTER, **signed_in)
    rows = pair.ms.store.rows("SELECT before, after FROM audit WHERE verb = 'module-server accept' ORDER BY id")
    assert [bool(row["before"]) for row in rows][-1], "what was trusted before is told with what is since"


def rows_of(done: Result) -> tuple[Fact, ...]:
    """Return the steps that a Result begins with."""
    facts = done.sections[0]
    assert isinstance(facts, Facts)
    return facts.rows
