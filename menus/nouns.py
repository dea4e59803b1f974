"""Which module holds the verbs of which noun, so that one verb loads no more than it needs.

Invariant (held by a test): every verb of the tree is found here under its first word, and nothing else is.
"""

from importlib import import_module

from menus.item import Verb

MODULES = {
    "audit": "menus.audit_menu",
    "authorized-keys": "menus.keys_menu",
    "banner": "menus.door_menu",
    "certificates": "menus.certificates_menu",
    "clients": "menus.clients_menu",
    "console-users": "menus.console_users_menu",
    "fingerprints": "menus.fingerprints_menu",
    "html-banner": "menus.console_banner_menu",
    "infrastructure": "menus.roots_menu",
    "issued": "menus.revocation_menu",
    "known-keys": "menus.known_keys_menu",
    "mfa": "menus.codes_menu",
    "module-server": "menus.registration_menu",
    "drop-box": "menus.drop_box_menu",
    "password": "menus.accounts_menu",
    "host-keys": "menus.door_menu",
    "peer": "menus.peers_menu",
    "penalties": "menus.door_menu",
    "policy": "menus.policy_lines",
    "public-key": "menus.public_key_menu",
    "relying": "menus.relying_menu",
    "revocation-list": "menus.revocation_menu",
    "revoked-keys": "menus.revoked_menu",
    "root-keys": "menus.roots_menu",
    "services": "menus.services_menu",
    "settings": "menus.settings_menu",
    "signing-keys": "menus.signing_keys_menu",
    "soap-cert": "menus.soap_menu",
    "ssh-keys": "menus.keys_menu",
    "ssh-rules": "menus.door_menu",
    "subordinate-keys": "menus.subordinate_menu",
    "status": "menus.overview_menu",
    "trial": "menus.trials_menu",
    "trust": "menus.trust_menu",
    "users": "menus.accounts_menu",
    "TaniumModuleServer": "menus.registration_menu",
    "zone-server": "menus.zone_server_menu",
}
"""First word of a verb, and the module whose `VERBS` hold it."""


def verbs_of(noun: str) -> dict[str, Verb]:
    """Return the verbs that begin with `noun`, by name; empty where there is no such noun."""
    module = MODULES.get(noun)
    if module is None:
        return {}
    verbs: tuple[Verb, ...] = import_module(module).VERBS
    return {verb.name: verb for verb in verbs if verb.name.split()[0] == noun}


def every_verb() -> dict[str, Verb]:
    """Return all verbs, by name."""
    return {name: verb for noun in MODULES for name, verb in verbs_of(noun).items()}
