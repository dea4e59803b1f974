"""The board: many appliances of an ssh configuration at a glance, asked by the person's own ssh."""

AT_ONCE = 16
"""Hosts that are asked at a time."""
SECONDS = 20
"""That one host may take at most."""
