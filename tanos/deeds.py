"""What sentences point at: the verbs that lead an operator on, here or at the other appliance.

Invariant: the only place below the menus that spells a verb for operators; a test finds each in the tree, once. A
sentence points at what its reader is offered, or says on which appliance.
"""

from tanos.message import Deed

ADD_AUTHORIZED_KEY = Deed("authorized-keys add", "USER")
ADD_PEER = Deed("peer add", "NAME HOST[:PORT] --host-key SHA256:…")
CONFIRM_DEVICE = Deed("mfa confirm")
CONFIRM_TRIAL = Deed("trial confirm")
CREATE_CSR = Deed("zone-server create-csr")
CREATE_ROOT = Deed("root-keys create")
EXPORT_ROOT = Deed("public-key export")
ENROL_DEVICE = Deed("mfa enrol")
EXEMPT_USER = Deed("mfa exempt", "USER")
GENERATE_KEY = Deed("ssh-keys generate", "USER")
INSTALL_ANSWER = Deed("certificates install-answer")
INSTALL_RELYING = Deed("relying install", "NAME")
IMPORT_CERTIFICATE = Deed("zone-server import-certificate")
IMPORT_REQUEST = Deed("zone-server import-request")
IMPORT_ROOT = Deed("public-key import")
LIST_CERTIFICATES = Deed("certificates list")
LIST_SETTINGS = Deed("settings list")
LIST_ROOTS = Deed("root-keys list")
LIST_SIGNING_KEYS = Deed("signing-keys list")
LIST_PEERS = Deed("peer list")
PAIR = Deed("peer pair")
PAIRING_TEXT = Deed("peer pairing-text")
LIST_TRIALS = Deed("trial list")
LIST_PENALTIES = Deed("penalties list")
ROTATE_HOST_KEY = Deed("host-keys rotate", "TYPE")
RETIRE_HOST_KEY = Deed("host-keys retire", "TYPE")
RE_REGISTER = Deed("module-server re-register")
REGISTER_MODULE_SERVER = Deed("module-server register", "HOST[:PORT]")
RESTART_SERVICE = Deed("services restart", "NAME")
REMOVE_AUTHORIZED_KEY = Deed("authorized-keys remove", "USER")
RENEW_CERTIFICATE = Deed("certificates renew")
RENEW_OWN = Deed("root-keys renew-own")
REPLACE_ROOT = Deed("root-keys replace")
RENEW_LIST = Deed("revocation-list renew")
RESTORE_CERTIFICATE = Deed("zone-server restore-certificate")
REVOKE_ROOT = Deed("root-keys revoke", "NAME")
SEND_CSR = Deed("zone-server send-csr")
SOAP_CREATE_CSR = Deed("soap-cert create-csr")
SOAP_FORGET_OTHER = Deed("soap-cert forget-other")
SOAP_GUIDE = Deed("soap-cert guide")
SOAP_INSTALL = Deed("soap-cert install")
SOAP_NOTE = Deed("soap-cert requirements")
SOAP_REMOVE_BACKUP = Deed("soap-cert remove-backup")
SSL_NOTE = Deed("module-server requirements")
SSL_REMOVE_BACKUP = Deed("module-server remove-backup")
START_SERVICE = Deed("services start", "NAME")
STOP_SERVICE = Deed("services stop", "NAME")
SHOW_KEY = Deed("ssh-keys show", "USER")
SHOW_STATUS = Deed("status")
TEST_PEER = Deed("peer test")
TRY_TLS = Deed("zone-server try-tls")


def decide_policy(name: str) -> Deed:
    """Return what decides the policy of that name: of the many lines of one verb its own."""
    return Deed("policy set", f"{name} VALUE")
