"""Why a connection is not there, in words: what the main menu says in place of an id or a system's error.

Invariant: a reason that is not known here is shown as it came, made inert.
"""

from tanos.inert import inert
from tanos.message import N_, Message

_WORDS = {
    "certificate-revoked": N_("its certificate is revoked"),
    "hub-not-allowed": N_("it does not list this hub in AllowedHubs"),
    "hub-without-certificate": N_("it wants a certificate of this hub, and was shown none"),
    "no-key-yet": N_("no TLS key here that it would know yet"),
    "no-root": N_("no root key here by which to know it"),
    "not-a-hub": N_("it does not take this for a hub"),
    "protocol-unknown": N_("it speaks another version of the protocol"),
    "root-ended": N_("one of the two speaks by a root key that was revoked"),
    "tls-required": N_("it wants TLS"),
    "too-many": N_("one of the two changed more in an hour than a server does"),
    "waits-for-approval": N_("its TLS key waits for approval"),
    "Broken pipe": N_("it closed the connection"),
    "Connection refused": N_("nothing listens at that address and port"),
    "Connection reset by peer": N_("it closed the connection"),
    "Connection timed out": N_("no answer"),
    "ConnectionResetError": N_("it closed the connection"),
    "IncompleteReadError": N_("it closed the connection"),
    "TimeoutError": N_("no answer"),
    "self-signed certificate in certificate chain": N_("its certificate is of a root key that is not trusted here"),
    "unable to get local issuer certificate": N_("its certificate is of a root key that is not trusted here"),
    "certificate has expired": N_("its certificate has ended"),
    "No route to host": N_("no way there in this network"),
    "Network is unreachable": N_("no way there in this network"),
    "Name or service not known": N_("its name is not known here"),
    "Temporary failure in name resolution": N_("its name could not be looked up"),
    "cut off": N_("it closed the connection"),
    "cut off in its length": N_("it closed the connection"),
    "line lost": N_("the service here is starting again"),
    "nothing was said": N_("no answer"),
}


def in_words(reason: str) -> Message | str:
    """Return what an operator reads for a reason, as it came or in words."""
    return _WORDS.get(reason) or inert(reason)
