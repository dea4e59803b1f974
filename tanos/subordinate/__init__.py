"""Subordinate keys of release 7.4: what there is below a root key, made where it is used and renewed by itself."""
