"""How server TLS keys are spoken of between a zone server, its hub and both supervisors."""

ASKED = "server-key"
"""A zone server asks its hub, and the hub its supervisor."""
HELD = "held"
"""What it asks, where it tells what it holds."""
LETTERS = "letters"
"""What is said of roots, signed by them."""
