"""What services are told of those that registered, with their orders or when they ask."""

from collections.abc import Callable
from typing import Any

from tanos.appliance import Appliance
from tanos.platform import Role
from tanos.registration.accepting import accept, accept_again, accept_module_server
from tanos.registration.codes import open_until
from tanos.registration.trusted import Trusted, trusted
from tanos.services.frames import Frame
from tanos.settings.setting import Component
from tanos.settings.values import effective


def module_server_orders(appliance: Appliance) -> dict[str, Any]:
    """Return whom the Module Server lets in, and until when somebody may register."""
    until = open_until(appliance)
    told = [each.as_order() for each in trusted(appliance)]
    return {"trusted": told, "registering_until": until.timestamp() if until else 0}


def tell_trusted(appliance: Appliance) -> Frame:
    """Return all that registered: first the one that is set as the Module Server, else the latest."""
    return {"trusted": [each.as_order() for each in sorted(trusted(appliance), key=_is_another(appliance))]}


def _is_another(appliance: Appliance) -> Callable[[Trusted], bool]:
    if appliance.identity.role is not Role.TANIUM_SERVER:
        return lambda _: False
    values = effective(appliance, Component.SERVER)
    asked = (values.get("ModuleServer"), values.get("ModuleServerPort"))
    return lambda each: (each.host, each.port) != asked


def register(appliance: Appliance, words: Frame) -> Frame:
    """Take one that says the code; return all that are trusted then. Raises AnswerRefused."""
    accept(appliance, words)
    return tell_trusted(appliance)


def register_again(appliance: Appliance, words: Frame) -> Frame:
    """Take another certificate of one that is trusted; return all that are trusted then. Raises AnswerRefused."""
    accept_again(appliance, words)
    return tell_trusted(appliance)


def register_module_server(appliance: Appliance, words: Frame) -> Frame:
    """Take one that an Administrator of the console registers; return our name. Raises AnswerRefused."""
    return {"registered": accept_module_server(appliance, words)}
