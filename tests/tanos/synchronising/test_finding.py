"""An address at which no Tanium Server answered is not kept, and one at which one did is, as it is written.

Who was reached there before, and is not now, is not there.
"""

from pathlib import Path
from typing import Any

import pytest

from tanos.operation import silent
from tanos.services.connecting import Target
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tanos.synchronising import operations
from tanos.synchronising.operations import FIND_SERVER
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.trust.made import known, meet, server

__all__ = ["clock"]


@pytest.mark.parametrize(("problem", "kept"), [("Connection refused", ""), ("", "ts2.lab.test:17472")])
async def test_an_address_is_kept_where_somebody_is(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, problem: str, kept: str
) -> None:
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(one, other)

    async def visit(*_: object, **words: Any) -> dict[str, Any]:
        assert words["words"] == {"target": "ts2.lab.test:17472"}
        key = known(one).key
        return {"fqdn": "ts2.lab.test", "key": key, "problem": problem, "reached": not problem}

    monkeypatch.setattr(operations, "ask_supervisor", visit)
    plan = await FIND_SERVER.prepare(call(one), address="ts2.lab.test")
    assert "TaniumServerList" in str(plan.sections[1])
    done = await FIND_SERVER.apply(call(one), plan, silent)
    assert done.data["found"] is bool(kept)
    assert [each.id for each in done.findings] == ([] if kept else ["partner-unreached"])
    assert str(effective(one, Component.SERVER).get("TaniumServerList") or "") == kept


@pytest.mark.parametrize("typed", ["ts2.lab.test:17473", "pc=192.0.2.7:17472", "2001=[2001:db8::7]:17472"])
def test_a_place_is_written_as_it_is_read(typed: str) -> None:
    target = Target.read(typed)
    assert Target.read(str(target)) == target
    assert str(Target.read("ts2.lab.test")) == "ts2.lab.test:17472"
