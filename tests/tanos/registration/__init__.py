"""Registering a Module Server with a Tanium Server."""
