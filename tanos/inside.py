"""Whether a path lies in the home of an appliance: there its keeper writes, and nothing that runs without one.

Invariant: a directory is a home by one file alone, which is written last when it is made.
"""

import os
from pathlib import Path

DESCRIPTION = "appliance.toml"


def lies_in_home(path: Path) -> bool:
    """Say whether a path is the home of an appliance or lies in one, whatever links lead to its directory."""
    whole = path.absolute().parent.resolve() / path.name
    return any(os.path.lexists(above / DESCRIPTION) for above in (whole, *whole.parents))
