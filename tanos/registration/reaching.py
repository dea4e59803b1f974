"""Reaching the other end before it is trusted: to see its certificate, and to say what registers us there.

Invariants: what is fetched is trusted by nobody before an operator confirmed it; no code and no password goes over a
connection but one to the very certificate that was confirmed, compared before a word is sent.
"""

import asyncio
import hmac
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPSConnection
from typing import Any

from tanos.errors import AnswerRefused, NotYet
from tanos.inert import inert
from tanos.message import N_
from tanos.services.tls import OLDEST, load_pair

SECONDS, LONGEST_ANSWER, LONGEST_REASON = 10.0, 4096, 64
Post = Callable[[str, Mapping[str, Any], Mapping[str, str]], dict[str, Any]]
"""Posts words with headers to a path; returns the answer. Raises AnswerRefused `registration-refused`."""


async def shown_certificate(host: str, port: int) -> bytes:
    """Return the certificate (DER) that is presented there. Raises NotYet `other-end-unreachable`."""
    return await asyncio.to_thread(_shown, host, port)


async def converse(host: str, port: int, confirmed: bytes, say: Callable[[Post], str], shown: str = "") -> str:
    """Have `say` post what it must to whoever presents `confirmed` (DER); return what it returns.

    `shown` is the pair that is shown there, certificates and key as text; without one, none is.

    Raises NotYet `other-end-unreachable`, `no-registration-open`, `stale`; AnswerRefused `registration-refused`.
    """
    return await asyncio.to_thread(_converse, host, port, confirmed, say, shown)


def _shown(host: str, port: int) -> bytes:
    try:
        with (
            socket.create_connection((host, port), SECONDS) as reached,
            _unverified().wrap_socket(reached, server_hostname=host) as connection,
        ):
            return connection.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise _unreachable(host, port, error) from error


def _converse(host: str, port: int, confirmed: bytes, say: Callable[[Post], str], shown: str) -> str:
    context = _unverified()
    if shown:
        load_pair(context, shown)
    connection = HTTPSConnection(host, port, timeout=SECONDS, context=context)
    try:
        connection.connect()
        if not hmac.compare_digest(connection.sock.getpeercert(binary_form=True) or b"", confirmed):
            raise NotYet(
                "stale",
                N_("Another certificate is presented there than the one that was confirmed."),
                N_("Look at it again and decide anew."),
            )
        return say(lambda path, words, headers: _post(connection, path, words, headers))
    except ConnectionRefusedError as error:
        raise _unreachable(host, port, error) from error
    except (ssl.SSLError, ConnectionError, HTTPException) as error:
        raise NotYet(
            "no-registration-open",
            N_("No registration is awaited there."),
            N_("An operator of the Module Server makes a code there, which holds for 15 minutes."),
        ) from error
    except OSError as error:
        raise _unreachable(host, port, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _refused("not-understood") from error
    finally:
        connection.close()


def _post(
    connection: HTTPSConnection, path: str, words: Mapping[str, Any], headers: Mapping[str, str]
) -> dict[str, Any]:
    connection.request("POST", path, json.dumps(words), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    said: dict[str, Any] = json.loads(answer.read(LONGEST_ANSWER))
    if answer.status == 200:
        return said
    error = said["error"]
    raise _refused(str(error["id"] if isinstance(error, dict) else error))


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version, context.check_hostname, context.verify_mode = OLDEST, False, ssl.CERT_NONE
    return context


def _refused(reason: str) -> AnswerRefused:
    return AnswerRefused(
        "registration-refused",
        N_("The other end refused: {reason}.", reason=inert(reason[:LONGEST_REASON])),
        N_("Compare code, user and password; a code is good once, for 15 minutes."),
    )


def _unreachable(host: str, port: int, error: OSError) -> NotYet:
    return NotYet(
        "other-end-unreachable",
        N_(
            "Nothing answers by TLS at {host} port {port}: {reason}.",
            host=inert(host), port=str(port), reason=inert(error.strerror or type(error).__name__),
        ),
        N_("Compare address and port; its service must run there."),
    )  # fmt: skip
