"""Confirm or revert, by real ssh against a real front door."""
