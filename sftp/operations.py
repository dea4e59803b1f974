"""The verbs that carry something, or know the other appliances: what the menu offers of this floor.

They wrap the exchange's own operations, so that a certificate that came by SFTP passes exactly the checks of a pasted
one. Importing this loads no SSH library.
"""

from sftp.carrying.peers import PEER_ADD, PEER_LIST, PEER_REMOVE, PEER_SCAN
from sftp.carrying.pulling import IMPORT_CERTIFICATE, IMPORT_PUBLIC_KEY, default_peer
from sftp.carrying.sending import CREATE_CSR, SEND_CSR
from sftp.pairing.own import PAIRING_TEXT, usual_address
from sftp.pairing.pair import PAIR
from sftp.pairing.testing import PAIRING, TEST_PEER

__all__ = [
    "CREATE_CSR",
    "IMPORT_CERTIFICATE",
    "IMPORT_PUBLIC_KEY",
    "PAIR",
    "PAIRING",
    "PAIRING_TEXT",
    "PEER_ADD",
    "PEER_LIST",
    "PEER_REMOVE",
    "PEER_SCAN",
    "SEND_CSR",
    "TEST_PEER",
    "default_peer",
    "usual_address",
]
