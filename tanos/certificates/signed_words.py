"""The words before what a key signs that is no certificate, so that no signature serves for anything else.

Invariant: none of them begins as DER does.
"""

MESSAGE, LETTER = b"tanos message to clients 1\n", b"tanos letter of a root 1\n"
LARGEST = 8 * 1024
"""Bytes of a message or letter, so that it has room in a frame that is relayed."""
