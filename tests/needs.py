"""Says in one sentence what system part is missing, before anything is installed. Standard library only."""

import importlib.util
import shutil
import sys

PARTS = {"openssl": "openssl", "ssh": "openssh-client", "ssh-keygen": "openssh-client"}


def main() -> int:
    """Return 0 when everything needed is there."""
    missing = []
    if sys.version_info < (3, 11):
        missing.append(f"Python 3.11 or newer (this is {sys.version.split()[0]})")
    missing += ["Python's " + part for part in ("venv", "ensurepip") if importlib.util.find_spec(part) is None]
    missing += [f"{program} (Debian: {package})" for program, package in PARTS.items() if not shutil.which(program)]
    if missing:
        print("Missing: " + "; ".join(missing) + ". Install it and run make again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
