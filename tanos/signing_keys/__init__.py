"""The public keys by which content that was signed elsewhere is known: custom signing keys."""
