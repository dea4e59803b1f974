"""What is the matter with the disk an appliance lies on: asked of the kernel, so that nothing need be tried.

Invariant: a disk of which this says nothing takes the smallest change; one that is full is said to be so before an
operator has filled in a form. What a file system keeps for itself and for root is no space.
"""

import os
from pathlib import Path

from tanos.finding import Finding, warn
from tanos.message import N_

LEAST_BYTES = 128 * 1024
"""What the database needs to open and to take one change: its shared memory, a few pages of its log."""
DISK_FAILED = "disk-failed"


def disk_findings(home: Path) -> tuple[Finding, ...]:
    """Return `disk-failed` where nothing can be changed for want of space, or because the disk is read-only."""
    try:
        disk = os.statvfs(home)
    except OSError:
        return ()
    if disk.f_flag & os.ST_RDONLY:
        return (
            warn(
                DISK_FAILED,
                N_("The disk of this appliance is read-only: nothing can be changed."),
                N_("Have it examined; it was mounted so, or the system found it damaged."),
            ),
        )
    if disk.f_bavail * disk.f_frsize >= LEAST_BYTES and (disk.f_favail or not disk.f_files):
        return ()
    return (
        warn(
            DISK_FAILED,
            N_("The disk of this appliance is full: nothing can be changed until space is made."),
            N_("Sign in as tancopy and remove files from /incoming, or have the disk made larger."),
        ),
    )
