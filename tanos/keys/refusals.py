"""The findings that refuse a pasted SSH key, one function an id, so that an id has one remedy wherever it is
found.
"""

from dataclasses import replace

from tanos import deeds
from tanos.finding import Finding, refuse
from tanos.known_keys.judging import known_key
from tanos.message import N_, Message

_COPY_PUBLIC = N_("Copy the one line of the public key file (its name ends in .pub), from its type word to its end.")
_ANOTHER_KEY = N_("Make an Ed25519 key (`ssh-keygen -t ed25519`), or RSA with 2048 bits or more.")


def not_a_key(message: Message, remedy: Message = _COPY_PUBLIC) -> Finding:
    """Nothing that can be taken for a public key, or a damaged one."""
    return refuse("not-a-key", message, remedy)


def private_key() -> Finding:
    """A private key crossed a terminal."""
    return refuse(
        "private-key",
        N_("This holds a private key. It was not stored, but it must now be considered exposed."),
        N_("Make a new key pair, remove the old public key everywhere, and paste only the line of the .pub file."),
    )


def putty_file() -> Finding:
    """The file that PuTTY keeps: the private key is in it."""
    return refuse(
        "putty-file",
        N_("This is a PuTTY key file, which holds the private key. It must now be considered exposed."),
        N_("Make a new key in PuTTYgen and copy the text that it shows as `Public key for pasting`."),
    )


def certificate(message: Message) -> Finding:
    """A certificate, of SSH or X.509, where a plain key is awaited."""
    return refuse("certificate", message, N_("Copy the plain public key: the .pub file without `-cert` in its name."))


def known_hosts_line() -> Finding:
    """A line about a host, not about a user's key."""
    return refuse(
        "known-hosts-line",
        N_("This is a line of known_hosts: a host name stands before the key, and the key is that of a host."),
        N_(
            "Copy the public key of the user who is to sign in; an appliance shows it ({show:key}).",
            show=deeds.SHOW_KEY,
        ),
    )


def wrapped() -> Finding:
    """The line was broken and its parts do not fit together again."""
    return refuse(
        "wrapped",
        N_("The key arrived broken over several lines, and its parts do not fit together."),
        N_("Make the window wider or copy from the file itself, so that the key is one line."),
    )


def two_keys(count: int) -> Finding:
    """More than one key at once, perhaps glued by a missing newline."""
    return refuse(
        "two-keys",
        N_(
            "This holds {count} key; keys are added one at a time.",
            "This holds {count} keys; keys are added one at a time.",
            count=count,
        ),
        N_("Paste each key by itself, so that each fingerprint can be compared."),
    )


def options() -> Finding:
    """Options before the key."""
    return refuse(
        "options",
        N_("Options stand before the key (as in authorized_keys); they are not taken here."),
        N_("Paste the line from the type word on; what a user may do is decided by his role."),
    )


def option_not_honoured(line: int, option: str, why: Message) -> Finding:
    """An option before the key that this appliance does not know or cannot honour."""
    return refuse(
        "options",
        N_("Line {line}: the option {option} cannot be honoured: {why}.", line=line, option=option, why=why),
        N_("Leave it out if the key may be used without it; an option is never ignored."),
    )


def revoked_key(fingerprint: str) -> Finding:
    """A key that signs in nowhere, whoever authorises it."""
    return refuse(
        "key-revoked",
        N_("The key {fingerprint} is revoked: it signs in nowhere.", fingerprint=fingerprint),
        N_("Use another key; whoever revoked it knows why."),
    )


def limit_not_honoured(option: str, why: Message) -> Finding:
    """The same, where it was not pasted but answered."""
    return refuse(
        "options",
        N_("The limit {option} cannot be honoured: {why}.", option=option, why=why),
        N_("Give it as authorized_keys has it, or leave it out."),
    )


def weak(bits: int, reason: Message | None, source: str) -> Finding:
    """A key that can be broken, or whose private half anyone can compute (`reason`) or read (`source`)."""
    if source:
        return replace(known_key(source), remedy=_ANOTHER_KEY)
    if reason:
        return refuse("broken-key", reason, _ANOTHER_KEY)
    return refuse("weak-key", N_("This key ({bits} bits) is too weak to be trusted.", bits=bits), _ANOTHER_KEY)


def dsa() -> Finding:
    """A DSA key, which no current SSH program takes."""
    return refuse(
        "dsa",
        N_("This is a DSA key; current SSH programs no longer take it."),
        _ANOTHER_KEY,
    )


def duplicate(user: str, fingerprint: str) -> Finding:
    """The key is there already."""
    return refuse(
        "duplicate",
        N_("The key {fingerprint} may already sign in as {user}.", fingerprint=fingerprint, user=user),
        N_("Nothing needs to be done."),
    )
