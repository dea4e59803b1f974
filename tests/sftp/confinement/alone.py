"""One drop box connection in a process of its own: `python -m … DROPBOX EVENTS` serves it on descriptor 0."""

import os
import socket
import sys
from pathlib import Path

from sftp.files.child import serve
from sftp.files.teller import EVENTS

if __name__ == "__main__":
    os.dup2(int(sys.argv[2]), EVENTS)
    with socket.socket(fileno=0) as link:
        status = serve(Path(sys.argv[1]), "SHA256:one", link)
    sys.stderr.flush()
    os._exit(status)
