"""Whether 32 bytes are an Ed25519 public key that only its owner can sign for (RFC 8032 §5.1.3).

Why: libraries take any 32 bytes. A point off the curve never verifies, and one of small order verifies
signatures that anybody can write, so a key that holds it would open the door to everybody.
"""

PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, PRIME) % PRIME
_ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)


def is_safe_point(encoded: bytes) -> bool:
    """Say whether `encoded` is canonical, on the curve, and not of small order."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    sign = encoded[31] >> 7
    if y >= PRIME:
        return False
    x = _square_root((y * y - 1) * pow(_D * y * y + 1, -1, PRIME) % PRIME)
    if x is None or (x == 0 and sign):
        return False
    return not _is_small(x, y)


def _square_root(square: int) -> int | None:
    root = pow(square, (PRIME + 3) // 8, PRIME)
    if root * root % PRIME != square:
        root = root * _ROOT_OF_MINUS_ONE % PRIME
    return root if root * root % PRIME == square else None


def _is_small(x: int, y: int) -> bool:
    """Double three times: a point of order 1, 2, 4 or 8 ends at (0, 1)."""
    for _ in range(3):
        product = _D * x * x * y * y % PRIME
        x, y = (
            2 * x * y * pow(1 + product, -1, PRIME) % PRIME,
            (y * y + x * x) * pow(1 - product, -1, PRIME) % PRIME,
        )
    return (x, y) == (0, 1)
