"""What stands beside the lines of Zone Server Configuration: the next step, and what a line would do now."""

from collections.abc import Mapping
from typing import Any

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.exchange import ledger
from tanos.exchange.arrivals import incoming_requests
from tanos.exchange.create_csr import still_waiting
from tanos.exchange.held_root import held_root
from tanos.exchange.restore import restorable
from tanos.message import N_, Message


def create_csr_hint(appliance: Appliance, answers: Mapping[str, Any]) -> Message | None:
    """Say that it is next, or that the request that waits would be lost."""
    del answers
    if still_waiting(appliance):
        return N_("replaces the waiting request")
    return None if ledger.exchanges(appliance) else N_("next step")


def send_csr_hint(appliance: Appliance, answers: Mapping[str, Any]) -> Message | None:
    """Say where there is nothing to send."""
    del answers
    return None if still_waiting(appliance) else N_("nothing waits")


def import_request_hint(appliance: Appliance, answers: Mapping[str, Any]) -> Message | None:
    """Say how many requests wait."""
    del answers
    count = sum(request.waits for request in incoming_requests(appliance))
    return N_("{count} in /incoming", count=count) if count else None


def import_certificate_hint(appliance: Appliance, answers: Mapping[str, Any]) -> Message | None:
    """Say that it is next, or what is missing before."""
    del answers
    if not ledger.open_requests(appliance):
        return None
    return (
        N_("next step")
        if _has_root(appliance)
        else N_("first import the root: {import_root:key}", import_root=deeds.IMPORT_ROOT)
    )


def restore_hint(appliance: Appliance, answers: Mapping[str, Any]) -> Message | None:
    """Say how many earlier versions are kept."""
    del answers
    count = len(restorable(appliance))
    return N_("{count} kept", count=count) if count else None


def _has_root(appliance: Appliance) -> bool:
    try:
        return held_root(appliance) is not None
    except TanosError:
        return False
