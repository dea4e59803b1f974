"""What a client is answered: it registers, and gets the settings for clients; it tells something, and is heard."""

from tanos.services.frames import BadFrame, Frame
from tanos.services.line import Line
from tanos.services.orders import Orders
from tanos.services.protocol import word
from tanos.services.relaying import Asking

LONGEST_TOLD = 4096


def respond(asking: Asking, frame: Frame, orders: Orders, line: Line) -> Frame:
    """Return the answer to one frame of a client. Raises BadFrame."""
    if "ping" in frame:
        return {"pong": frame["ping"]}
    if "register" in frame:
        _report(asking, line, "")
        return {"registered": orders.fqdn, "settings": dict(orders.settings.get("for_clients", {}))}
    if "tell" in frame:
        _report(asking, line, word(frame, "tell", LONGEST_TOLD))
        return {"heard": True}
    raise BadFrame("no question")


def _report(asking: Asking, line: Line, said: str) -> None:
    hello = asking.hello
    line.tell(
        "report",
        kind=hello.part.value,
        id=hello.id,
        name=hello.name,
        release=hello.release,
        protocol=hello.protocol,
        via=asking.via,
        using_tls=asking.uses_tls,
        address=asking.address,
        said=said,
    )
