"""Makes an appliance: directories, accounts, keys, and on a Tanium Server its root and its own pair.

Invariant: a home is an appliance from the moment its `appliance.toml` stands, and that is the last thing
written, by one rename. Until then it is named `appliance.toml.unfinished`: a home whose making died is
recognised by it, holds nothing that anybody has used, and is made anew.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from tanos.actor import system_call
from tanos.appliance import Appliance, utc_now
from tanos.certificates.check_code import fingerprint
from tanos.certificates.pair_kinds import SOAP, SSL, PairKind
from tanos.console_users.accounts import FIRST as CONSOLE_ADMIN
from tanos.console_users.accounts import HERE as CONSOLE
from tanos.console_users.accounts import ConsoleRole, put_console_user
from tanos.exchange.held_root import needed_root
from tanos.exchange.own_pair import issue_own_pair
from tanos.home import begin_home
from tanos.identity import checked_identity
from tanos.keeper import Keeper
from tanos.keys.authorized import authorize
from tanos.keys.host_keys import host_fingerprints
from tanos.keys.public_key import SshPublicKey, read_line, read_pasted_key
from tanos.platform import DROP_BOX_USER, Identity, Role, UserRole
from tanos.roots.create import make_first_root
from tanos.roots.offers import ROTATED_HERE
from tanos.secret import Secret
from tanos.store.store import Clock
from tanos.users.accounts import add_user
from tanos.users.password import hash_password
from tanos.users.rules import check_rules, random_password

_PRESENTED = {Role.TANIUM_SERVER: (SOAP,), Role.MODULE_SERVER: (SSL,)}
"""Pairs that an installation makes for HTTPS (seed 002)."""
ADMIN = "tanadmin"


@dataclass(frozen=True)
class Made:
    """A new appliance, and the random password of tanadmin where one was made; it is stored nowhere."""

    appliance: Appliance
    password: Secret | None
    found_half_made: bool = False
    """An earlier making had died here; its remains were removed."""
    console_password: Secret | None = None
    """The random one of the first user of the console, where one was made."""


def init_appliance(
    home: Path,
    identity: Identity,
    *,
    authorized_key: bytes | None,
    password: Secret | None,
    console_password: Secret | None = None,
    clock: Clock = utc_now,
) -> Made:
    """Make an appliance at `home`, which must be missing, empty, or left by an earlier making that died.

    Raises AnswerRefused `bad-name`, `bad-fqdn`, `bad-address`, `hub-not-here`, `weak-password`, by the ids of
    `read_pasted_key`, and `home-exists`; NotYet `busy` while another process makes this home.
    """
    identity = checked_identity(identity)
    key = read_pasted_key(authorized_key)[0] if authorized_key is not None else None
    if password is not None:
        check_rules(password, ADMIN)
    if console_password is not None:
        check_rules(console_password, CONSOLE_ADMIN)
    random = random_password() if key is None and password is None else None
    console = (console_password or random_password()) if CONSOLE.holds_for(identity) else None
    home = home.absolute()
    with begin_home(home, identity) as half_made:
        appliance = Appliance(home, identity, clock)
        _audit(appliance, "init", identity.name, _description(identity), "half made" if half_made else "")
        _furnish(appliance, key, password or random)
        if console is not None:
            _add_console_user(appliance, console)
        appliance.store.close()
    return Made(Appliance.open(home, clock), random, half_made, None if console_password else console)


def _add_console_user(appliance: Appliance, password: Secret) -> None:
    stored = hash_password(password)
    with appliance.store.change(system_call(appliance, "init console-user"), about=CONSOLE_ADMIN) as change:
        put_console_user(change, CONSOLE_ADMIN, ConsoleRole.ADMINISTRATOR, stored)
        change.after = ConsoleRole.ADMINISTRATOR.value


def _furnish(appliance: Appliance, key: SshPublicKey | None, password: Secret | None) -> None:
    _add_users(appliance, key, hash_password(password) if password else None)
    keeper = Keeper(appliance)
    keeper.make_host_keys()
    _audit(appliance, "init host-keys", "host keys", ", ".join(host_fingerprints(appliance).values()))
    line = keeper.new_ssh_pair(ADMIN)
    keeper.keep_ssh_pair(ADMIN, line)
    _audit(appliance, "ssh-keys generate", ADMIN, read_line(line).fingerprint)
    for kind in _PRESENTED.get(appliance.identity.role, ()):
        keeper.make_self_signed(kind.name, ())
        _audit(appliance, "init certificate", kind.certificate, _live_fingerprint(keeper, kind))
    if appliance.identity.role is Role.TANIUM_SERVER:
        _make_root(appliance, keeper)


def _add_users(appliance: Appliance, key: SshPublicKey | None, password_hash: str | None) -> None:
    for name, role, stored in ((ADMIN, UserRole.TANADMIN, password_hash), (DROP_BOX_USER, UserRole.TANCOPY, None)):
        with appliance.store.change(system_call(appliance, "init user"), about=name) as change:
            add_user(change, name, role, stored)
            change.after = f"role {role.value}, " + ("password" if stored else "keys only")
    if key is None:
        return
    call = system_call(appliance, "authorized-keys add")
    with appliance.store.change(call, about=ADMIN) as change:
        authorize(change, call, ADMIN, key)
        change.after = f"{key.fingerprint} {key.type} {key.bits} {key.comment}".rstrip()


def _audit(appliance: Appliance, verb: str, about: str, after: str, before: str = "") -> None:
    with appliance.store.change(system_call(appliance, verb), about=about) as change:
        change.before, change.after = before, after


def _live_fingerprint(keeper: Keeper, kind: PairKind) -> str:
    return fingerprint(x509.load_pem_x509_certificate(keeper.live_certificate(kind.name) or b""))


def _description(identity: Identity) -> str:
    return f"{identity.title}, release {identity.release}, {identity.fqdn}"


def _make_root(appliance: Appliance, keeper: Keeper) -> None:
    keeper.make_root()
    _audit(appliance, "init root", "root/tanium.pub", fingerprint(needed_root(appliance)))
    if ROTATED_HERE.holds_for(appliance.identity):
        make_first_root(system_call(appliance, "init root-key"))
    issue_own_pair(system_call(appliance, "init own-pair"), keeper)
