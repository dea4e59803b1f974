"""A relying service of ours: serves TLS with what a file holds, and reads it again at SIGHUP; `python -m` runs it.

What keeps it from taking a certificate is a file beside it: while `stubborn` is there, it reads nothing again.
"""

import signal
import socket
import ssl
import sys
from pathlib import Path


def main(pem: Path, listening: int) -> None:
    """Serve until killed."""
    contexts: list[ssl.SSLContext] = []

    def read(*_: object) -> None:
        if (pem.parents[2] / "stubborn").exists():
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(pem)
        except (OSError, ssl.SSLError):
            return
        contexts[:] = [context]

    signal.signal(signal.SIGHUP, read)
    read()
    print("ready", flush=True)
    server = socket.socket(fileno=listening)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(2)
            try:
                for context in contexts:
                    context.wrap_socket(connection, server_side=True).close()
            except OSError:
                pass


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
