"""A policy that can keep somebody out is decided on trial; this is how it goes back."""

from collections.abc import Mapping

from tanos.message import N_, Message
from tanos.policy.table import POLICIES
from tanos.trials.revert import Revert
from tanos.trials.rows import Rows
from tanos.trials.trial import Stood

POLICY = Rows("policy", "policies", ("name",))


def _policy(before: Stood, after: Stood) -> Message:
    policy = next((each for each in POLICIES if each.name == before["name"]), None)
    if policy is None:
        return N_("The policy {name} is another.", name=before["name"])
    return N_("{policy}: {value}", policy=policy.label, value=policy.words((after["row"] or {}).get("value", 0)))


REVERTS: Mapping[str, Revert] = {POLICY.kind: Revert(_policy, POLICY.put_back)}
