"""The one seam to other programs. Nothing here ever speaks to a shell.

Invariant: no other module may import `subprocess` or start a program (ruff TID251 holds that); a command is a list
of words, its environment is given whole, and its first word is an absolute path or this interpreter.
"""

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence


async def start_python(
    module: str, *arguments: str, environment: Mapping[str, str], pass_fds: Sequence[int] = ()
) -> asyncio.subprocess.Process:
    """Start `python -m module` with no input; what it prints goes where this program's does."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=subprocess.DEVNULL,
        env=dict(environment),
        pass_fds=tuple(pass_fds),
        start_new_session=True,
    )
