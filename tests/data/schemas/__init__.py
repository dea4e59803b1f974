"""Filled databases as each version of the schema left them, and what each script of it was when it was released.

`python -m tests.data.schemas.make` adds what is missing, and rewrites nothing: a dump shows what lies on the disks of
appliances, and the scripts that made it are not to be edited any more.
"""
