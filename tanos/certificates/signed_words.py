"""The words before what a key signs that is no certificate, so that no signature serves for anything else.

Invariant: none of them begins as DER does, and none as another.
"""

STATEMENT = b"tanos roots 1\0"
"""What a root states begins with it."""
LETTER_HEAD = b"letter to clients\0"
"""And with this, where it says to clients which roots follow."""
LETTER = STATEMENT + LETTER_HEAD
INIT_HEAD = b"tanium-init\0"
"""And with this, where it is a tanium-init.dat."""
MESSAGE = b"tanos message to clients 1\0"
CLIENT = b"tanos client 1\0"
"""What a client signs by which it is known begins with it."""
LARGEST = 16 * 1024
"""Bytes of a message or letter, so that it has room in a frame that is relayed."""
