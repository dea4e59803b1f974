"""Processes that are confined, and what they try."""
