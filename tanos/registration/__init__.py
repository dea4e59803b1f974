"""Registering a Module Server with a Tanium Server: which certificate is trusted at which end, and since when."""
