"""The networks from which users sign in are changed on trial; this is how they go back."""

from collections.abc import Mapping

from tanos.door.rules import SSH_RULES
from tanos.message import N_, Message
from tanos.trials.revert import Revert
from tanos.trials.trial import Stood


def _rules(_: Stood, after: Stood) -> Message:
    networks = ", ".join(row["network"] for row in after["rows"])
    if not networks:
        return N_("Users sign in from everywhere.")
    return N_("Users sign in from {networks} only.", networks=networks)


REVERTS: Mapping[str, Revert] = {SSH_RULES.kind: Revert(_rules, SSH_RULES.put_back)}
