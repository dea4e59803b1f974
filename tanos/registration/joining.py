"""What a Module Server says to a console to be registered there: who signs in, and our certificate."""

from contextlib import suppress
from dataclasses import dataclass

from cryptography import x509

from tanos.appliance import Appliance
from tanos.identity import checked_fqdn
from tanos.registration.reaching import Post, converse
from tanos.registration.trusted import plain_pem
from tanos.secret import Secret

LOGIN, LOGOUT, REGISTER = "/api/v2/session/login", "/api/v2/session/logout", "/api/v2/module_servers"


@dataclass(frozen=True)
class SigningIn:
    """An Administrator of the console there."""

    user: str
    password: Secret


async def join(
    appliance: Appliance, who: SigningIn, at: tuple[str, int], confirmed: bytes, own: x509.Certificate, port: int
) -> str:
    """Have the Tanium Server at that address, which presents `confirmed` (DER), trust `own`; return its name.

    `port` is our listener's. Raises NotYet, AnswerRefused as `converse` does.
    """
    password = who.password.reveal().decode(errors="replace")
    words = {"name": appliance.identity.fqdn, "port": port, "pem": plain_pem(own)}

    def say(post: Post) -> str:
        signed_in = post(LOGIN, {"username": who.user, "domain": "", "password": password}, {})
        headers = {"session": str(signed_in["data"]["session"])}
        try:
            return checked_fqdn(str(post(REGISTER, words, headers)["data"]["registered"]))
        finally:
            with suppress(
                Exception
            ):  # whatever it is: what was answered before stands, and the session ends by itself
                post(LOGOUT, {}, headers)

    return await converse(*at, confirmed, say)
