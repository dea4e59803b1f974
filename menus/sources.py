"""Where something is taken from, as it is asked: `/incoming`, a paste, or a peer by SFTP."""

from menus.item import Answers, Ask, Kind, Need, Option
from sftp.operations import default_peer
from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.pasting.awaited import Awaited
from tanos.peers import peers

INCOMING = Option("incoming", N_("from /incoming"))
PASTE = Option("paste", N_("paste the text"))
PULL = Option("peer", N_("pull by SFTP from a peer"))


def source_of(*options: Option) -> Ask:
    """Return the question `--from`."""
    return Ask("source", N_("Where from"), Kind.CHOICE, choices=options, flag="--from")


def pasted(awaited: Awaited, label: Message) -> Ask:
    """Return the paste itself, where the source is one."""
    return Ask("text", label, Kind.PASTE, when=is_paste, awaited=awaited)


def is_incoming(answers: Answers) -> bool:
    """Say whether a file of `/incoming` is meant."""
    return bool(answers["source"] == INCOMING.value)


def is_paste(answers: Answers) -> bool:
    """Say whether a paste is awaited."""
    return bool(answers["source"] == PASTE.value)


def is_pull(answers: Answers) -> bool:
    """Say whether a peer is asked."""
    return bool(answers["source"] == PULL.value)


def peer_options(appliance: Appliance) -> list[Option]:
    """Return the peers to choose from."""
    return [Option(peer.name, f"{peer.name} {peer.address}") for peer in peers(appliance)]


def none(_: Appliance) -> str:
    """Return no default; said of an answer that the operation finds by itself."""
    return ""


FILE = Ask("file", N_("File name in /incoming"), need=Need.FOR_VERBS, default=none, when=is_incoming)
FROM_PEER = Ask(
    "peer", N_("Peer"), Kind.CHOICE, Need.OPTIONAL, default=default_peer, options=peer_options, when=is_pull
)
