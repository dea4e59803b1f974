"""The documented procedure in two terminals of 80 by 24: everything is typed, pasted and read from the screen."""

import re

from menus.demo.terminal import Terminal
from menus.demo.transcript import Transcript
from menus.lab.layout import Lab

CODE = r"\b[0-9A-F]{4}(?:-[0-9A-F]{4}){7}\b"
PEM = r"(?s)-----BEGIN [A-Z ]+-----\n.*?-----END [A-Z ]+-----"
MAIN = "main menu"


def by_paste(lab: Lab, tell: Transcript) -> None:
    """Do all of it with two terminals and a clipboard."""
    with Terminal(lab, "ts1") as ts1, Terminal(lab, "zs1") as zs1:
        ts1.wait_for(MAIN)
        zs1.wait_for(MAIN)
        _exchange_keys(tell, ts1, zs1)
        _root_by_paste(tell, ts1, zs1)
        request, code = _request(tell, zs1)
        certificate = _issue_by_paste(tell, ts1, request, code)
        _go(tell, zs1, "2-Z-3-2", "Import Signed Certificate, paste")
        zs1.wait_for("Paste the certificate now")
        zs1.paste(certificate)
        _installed(tell, zs1, code, version=1)


def by_sftp(lab: Lab, tell: Transcript, ports: dict[str, int]) -> None:
    """Do it again, this time the appliances carry the files."""
    with Terminal(lab, "ts1") as ts1, Terminal(lab, "zs1") as zs1:
        zs1.wait_for(MAIN)
        ts1.wait_for(MAIN)
        _go(tell, zs1, "2-Z-1", "Create CSR, sent to ts1 by SFTP")
        for question, answer in (
            ("Common name:", ""), ("Alternative names", ""), ("by SFTP", "y"), ("Name of the peer:", "ts1"),
            ("Host name or address:", "127.0.0.1"), ("SSH port:", str(ports["ts1"])),
        ):  # fmt: skip
            zs1.wait_for(question)
            _replace(zs1, answer)
        seen = zs1.wait_for("SHA256:", "Type yes")
        tell.saw("the host key of ts1 is shown: " + _first(r"SHA256:\S+", seen))
        zs1.type("yes")
        code = _first(CODE, zs1.wait_for("Return goes on", "Compare on the other terminal"))
        _issue_from_incoming(tell, ts1, code)
        zs1.type("")
        _go(tell, zs1, "2-Z-3-3", "Import Signed Certificate, pulled from ts1")
        zs1.wait_for("Peer: ts1")
        zs1.type("")
        _installed(tell, zs1, code, version=2)


def _exchange_keys(tell: Transcript, one: Terminal, other: Terminal) -> None:
    for here, there in ((one, other), (other, one)):
        _go(tell, here, "C-3-1-2", "tanadmin's public key")
        here.wait_for("Public key", "ssh-ed25519")
        key = _last(r"ssh-ed25519 \S+", _printed(here, "ssh-ed25519"))
        _go(tell, there, "C-3-2-3-2", "tancopy's authorized keys, add")
        there.wait_for("Paste")
        there.paste(key + "\n")
        there.wait_for("SHA256:", "Type yes")
        there.type("yes")
        there.wait_for("Return goes on")
        for terminal in (here, there):
            terminal.type("")


def _root_by_paste(tell: Transcript, ts1: Terminal, zs1: Terminal) -> None:
    _go(tell, ts1, "2-8", "tanium.pub to /outgoing")
    code = _first(CODE, ts1.wait_for("Type yes"))
    ts1.type("yes")
    ts1.wait_for("Return goes on")
    root = _last(PEM, _printed(ts1, "-----END CERTIFICATE-----"))
    ts1.type("")
    _go(tell, zs1, "2-I-2", "Import Public Key, paste")
    zs1.wait_for("Paste the certificate now")
    zs1.paste(root + "\n")
    seen = zs1.wait_for("Type yes")
    tell.check(code in seen, f"both terminals show {code}", seen)
    zs1.type("yes")
    zs1.wait_for("The root is trusted")
    zs1.type("")


def _request(tell: Transcript, zs1: Terminal) -> tuple[str, str]:
    _go(tell, zs1, "2-Z-1", "Create CSR")
    for question in ("Common name:", "Alternative names", "by SFTP"):
        zs1.wait_for(question)
        zs1.type("")
    zs1.wait_for("Type yes")
    zs1.type("yes")
    code = _first(CODE, zs1.wait_for("Certificate request made"))
    request = _last(PEM, _printed(zs1, "-----END CERTIFICATE REQUEST-----"))
    tell.saw(f"check code {code}")
    zs1.type("")
    return request, code


def _issue_by_paste(tell: Transcript, ts1: Terminal, request: str, code: str) -> str:
    _go(tell, ts1, "2-Z-2-2", "Import Cert Request, paste")
    ts1.wait_for("Paste the certificate request now")
    ts1.paste(request + "\n")
    seen = ts1.wait_for("Type yes")
    tell.check(code in seen, f"both terminals show {code}", seen)
    ts1.type("yes")
    ts1.wait_for("Certificate issued")
    certificate = _last(PEM, _printed(ts1, "-----END CERTIFICATE-----"))
    ts1.type("")
    return certificate + "\n"


def _issue_from_incoming(tell: Transcript, ts1: Terminal, code: str) -> None:
    _go(tell, ts1, "2-Z-2-1", "Import Cert Request, from /incoming")
    seen = ts1.wait_for(code[:4])
    if "Type yes" not in seen:
        ts1.type(_first(rf"^\s*(\d+)\s.*{code[:4]}", seen))
        seen = ts1.wait_for("Type yes")
    tell.check(code in seen, f"both terminals show {code}", seen)
    ts1.type("yes")
    ts1.wait_for("Certificate issued")
    ts1.type("")


def _installed(tell: Transcript, zs1: Terminal, code: str, version: int) -> None:
    zs1.wait_for("Type yes", code)
    zs1.type("yes")
    seen = zs1.wait_for("Installed", f"version {version}")
    tell.check(code in seen and "handshake" in seen, f"installed as version {version}, a handshake serves it", seen)
    zs1.type("")


def _go(tell: Transcript, terminal: Terminal, chain: str, what: str) -> None:
    """Jump from wherever the terminal stands."""
    terminal.wait_for("Select:")
    tell.did(terminal.name, f"{chain:<10} {what}")
    terminal.type(chain)


def _printed(terminal: Terminal, last: str) -> str:
    """Have the text printed plainly, as one does to copy it, and return it."""
    terminal.type("P")
    terminal.wait_for(last, "Return goes back to the page")
    text = terminal.scroll()
    terminal.type("")
    terminal.wait_for("Return goes on")
    return text


def _replace(terminal: Terminal, answer: str) -> None:
    """Type over what a question offers, or take it."""
    if answer:
        terminal.press("C-u")
    terminal.type(answer)


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return "" if found is None else found.group(found.lastindex or 0)


def _last(pattern: str, text: str) -> str:
    """What was printed last: above it stands what scrolled away before."""
    found = re.findall(pattern, text, re.MULTILINE)
    return str(found[-1]) if found else ""
