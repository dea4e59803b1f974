"""What confines processes on this system, in one sentence, and why files are not served where too little does.

Invariant: it is the kernel that is asked, each time in the process that tells it; what is said to be there was there.
"""

import os
from dataclasses import dataclass

from tanos.confinement import beneath, landlock, seccomp
from tanos.errors import Damaged
from tanos.message import N_, Message, listed

NOT_CONFINED = "not-confined"


@dataclass(frozen=True)
class Means:
    """What there is to confine a process with."""

    landlock: int
    """The version; 0 where there is none."""
    seccomp: bool
    openat2: bool
    """Paths can be opened beneath a directory; without, no files are served."""

    @property
    def sentence(self) -> Message:
        """Say what confines processes, and what it does not cover."""
        if not self.landlock:
            if self.seccomp:
                return N_("This kernel has no Landlock: seccomp and file access alone confine processes here.")
            return N_("Nothing but file access confines processes here.")
        parts = listed(*landlock.left_out(self.landlock))
        if self.seccomp:
            return N_(
                "Landlock version {version} and seccomp confine processes here; Landlock leaves out: {parts}.",
                version=self.landlock,
                parts=parts,
            )
        return N_(
            "Landlock version {version} confines processes here, without seccomp; it leaves out: {parts}.",
            version=self.landlock,
            parts=parts,
        )

    @property
    def trouble(self) -> Damaged | None:
        """Return why no files are served, None where they are."""
        return None if self.openat2 else not_confined()

    @property
    def data(self) -> dict[str, int | bool]:
        """For programs."""
        return {"landlock": self.landlock, "seccomp": self.seccomp, "openat2": self.openat2}


def means() -> Means:
    """Ask the kernel."""
    root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return Means(landlock.version(), seccomp.is_there(), beneath.holds(root))
    finally:
        os.close(root)


def not_confined() -> Damaged:
    """Return why no files are served here."""
    return Damaged(
        NOT_CONFINED,
        N_("This system has no openat2 to hold each path beneath the drop box; no files are served."),
        N_("Run a kernel of Linux 5.6 or later, and let the container that runs this allow openat2."),
    )
