"""Confirm or revert."""
