"""The courier carries between two drop boxes with the person's own ssh: configuration, jumps, agent, known_hosts."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest

from sftp.courier import carry
from tanos.appliance import Appliance
from tanos.certificates.request import examine_request
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.keeper import Keeper
from tests.sftp.carrying.server import LateRefusal, StrangeBox, strange_box
from tests.sftp.openssh import openssh_server


@dataclass
class Desk:
    """A workstation: a key, a configuration, known hosts, and two drop boxes to carry between."""

    home: Path
    key: Path
    zs1: StrangeBox
    ts1: StrangeBox
    hosts: dict[str, list[str]] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The person's ssh configuration."""
        return self.home / "config"

    @property
    def known(self) -> Path:
        """The person's known hosts."""
        return self.home / "known_hosts"

    def write(self) -> None:
        """Write the configuration as it stands."""
        text = "".join("\n  ".join([f"Host {name}", *lines]) + "\n" for name, lines in self.hosts.items())
        text += f"Host *\n  UserKnownHostsFile {self.known}\n  GlobalKnownHostsFile /dev/null\n"
        self.config.write_text(text)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Two boxes that let the person in, a key file, known hosts; no agent."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    authorized = key.with_suffix(".pub").read_text()
    with ExitStack() as stack:
        zs1, ts1 = (stack.enter_context(strange_box(tmp_path / name, authorized)) for name in ("zs1", "ts1"))
        desk = Desk(tmp_path, key, zs1, ts1)
        desk.known.write_text("".join(f"[127.0.0.1]:{box.port} {box.line()}\n" for box in (zs1, ts1)))
        for name, box in (("zs1-files", zs1), ("ts1-files", ts1)):
            desk.hosts[name] = ["HostName 127.0.0.1", f"Port {box.port}", f"IdentityFile {key}"]
        desk.write()
        yield desk


@pytest.fixture
def request_there(desk: Desk, bare_zone_server: Appliance) -> str:
    """A CSR in the Zone Server's /outgoing under both names; its check code."""
    request, _ = examine_request(
        Keeper(bare_zone_server).make_request("reporting", "zs1.lab.test", ("zs1.lab.test",))
    )
    code = request.check_code
    for name in ("reporting.csr", f"reporting-{code[:4]}.csr"):
        (desk.zs1.directory / "outgoing" / name).write_text(request.pem)
    return code


def incoming(box: StrangeBox) -> list[str]:
    """Return the names that arrived."""
    return sorted(path.name for path in (box.directory / "incoming").iterdir())


def refusal(desk: Desk, kind: type[TanosError], start: str = "zs1-files") -> TanosError:
    """Carry, and return the error that it ends with."""
    with pytest.raises(kind) as error:
        carry(start, "ts1-files", config=desk.config)
    return error.value


def test_a_request_is_carried_and_told_with_its_check_code(desk: Desk, request_there: str) -> None:
    (desk.zs1.directory / "outgoing/notes.txt").write_text("not ours")
    said: list[str] = []
    result = carry("zs1-files", "ts1-files", tell=lambda message: said.append(str(message)), config=desk.config)
    named = f"reporting-{request_there[:4]}.csr"
    assert incoming(desk.ts1) == sorted([named, "reporting.csr"])
    sent = (desk.zs1.directory / "outgoing" / named).read_bytes()
    assert (desk.ts1.directory / "incoming" / named).read_bytes() == sent
    words = ["sha256sum", str(desk.ts1.directory / "incoming" / named)]
    judged = subprocess.run(words, capture_output=True, text=True, check=True)
    assert {file["check_code"] for file in result.data["files"]} == {request_there}
    assert result.data["files"][0]["sha256"] == judged.stdout.split()[0]
    assert desk.zs1.users == desk.ts1.users == ["tancopy"]
    assert len(said) == 2


def test_a_root_and_a_certificate_are_carried_back(desk: Desk, bare_tanium_server: Appliance) -> None:
    Keeper(bare_tanium_server).make_root()
    pem = (bare_tanium_server.root / "tanium.pub").read_bytes()
    for name in ("tanium.pub", "reporting.crt"):
        (desk.ts1.directory / "outgoing" / name).write_bytes(pem)
    result = carry("ts1-files", "zs1-files", config=desk.config)
    assert incoming(desk.zs1) == ["reporting.crt", "tanium.pub"]
    assert all(file["check_code"] for file in result.data["files"])


def test_nothing_to_carry_is_not_yet(desk: Desk) -> None:
    assert refusal(desk, NotYet).id == "step-missing"


def test_a_private_key_stays_where_it_is(desk: Desk, request_there: str) -> None:
    (desk.zs1.directory / "outgoing/reporting.crt").write_bytes(desk.key.read_bytes())
    result = carry("zs1-files", "ts1-files", config=desk.config)
    assert "reporting.crt" not in incoming(desk.ts1)
    assert [finding.severity.value for finding in result.findings] == ["warn"]


def test_only_a_broken_file_refuses_with_its_reason(desk: Desk) -> None:
    (desk.zs1.directory / "outgoing/reporting.csr").write_text("no request at all")
    assert refusal(desk, AnswerRefused).exit_code == 3
    assert incoming(desk.ts1) == []


def test_an_unknown_host_is_refused_with_its_fingerprint(desk: Desk, request_there: str) -> None:
    desk.known.write_text(f"[127.0.0.1]:{desk.zs1.port} {desk.zs1.line()}\n")
    error = refusal(desk, AnswerRefused)
    assert error.id == "host-key-unknown"
    assert desk.ts1.fingerprint() in str(error.message)
    assert desk.ts1.users == []
    assert "ts1" not in desk.known.read_text()


@pytest.mark.parametrize("mark", ["", "@revoked "])
def test_a_changed_or_revoked_host_key_is_refused(desk: Desk, request_there: str, mark: str) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode().strip()
    if mark:
        desk.known.write_text(desk.known.read_text() + f"@revoked * {desk.ts1.line()}\n")
    else:
        known = f"[127.0.0.1]:{desk.zs1.port} {desk.zs1.line()}\n[127.0.0.1]:{desk.ts1.port} {other}\n"
        desk.known.write_text(known)
    error = refusal(desk, AnswerRefused)
    assert error.id == ("host-key-unknown" if mark else "host-key-changed")
    assert desk.ts1.fingerprint() in str(error.message)
    assert incoming(desk.ts1) == []
    assert desk.ts1.users == []


def test_a_hashed_known_hosts_and_an_alias_are_understood(desk: Desk, request_there: str) -> None:
    desk.hosts["ts1-files"].append("HostKeyAlias ts1.lab.test")
    desk.known.write_text(f"[127.0.0.1]:{desk.zs1.port} {desk.zs1.line()}\nts1.lab.test {desk.ts1.line()}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", desk.known], check=True, capture_output=True)
    desk.write()
    carry("zs1-files", "ts1-files", config=desk.config)
    assert len(incoming(desk.ts1)) == 2


def test_a_closed_port_says_host_port_and_reason(desk: Desk, request_there: str) -> None:
    desk.hosts["ts1-files"][1] = "Port 1"
    desk.write()
    error = refusal(desk, NotYet)
    assert (error.id, error.exit_code) == ("peer-unreachable", 4)
    assert "127.0.0.1:1" in str(error.message)
    assert "refused" in str(error.message)


def test_a_key_that_is_not_accepted_names_the_user(desk: Desk, request_there: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    desk.hosts["zs1-files"][2] = f"IdentityFile {other}"
    desk.write()
    error = refusal(desk, NotYet)
    assert error.id == "peer-unreachable"
    assert "tancopy" in str(error.message)


@pytest.fixture
def agent(tmp_path: Path, desk: Desk) -> Iterator[Callable[[], None]]:
    """An ssh-agent that holds the person's key, after which the key file is gone."""
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as running:
        while not socket.exists():
            assert running.poll() is None
        environment = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        subprocess.run(["ssh-add", "-q", desk.key], env=environment, check=True, capture_output=True)
        desk.key.unlink()
        yield lambda: None
        running.terminate()


@pytest.mark.parametrize("how", ["environment", "IdentityAgent", "IdentitiesOnly"])
def test_the_agent_signs(
    desk: Desk, request_there: str, agent: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    if how == "IdentityAgent":
        for lines in desk.hosts.values():
            lines.append(f"IdentityAgent {tmp_path / 'agent'}")
    else:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    if how == "IdentitiesOnly":
        for lines in desk.hosts.values():
            lines.append("IdentitiesOnly yes")
    desk.write()
    carry("zs1-files", "ts1-files", config=desk.config)
    assert len(incoming(desk.ts1)) == 2


def test_identities_only_shows_no_other_key_of_the_agent(
    desk: Desk, request_there: str, agent: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    desk.hosts["zs1-files"][2] = f"IdentityFile {tmp_path / 'none'}"
    desk.hosts["zs1-files"].append("IdentitiesOnly yes")
    desk.write()
    assert refusal(desk, NotYet).id == "peer-unreachable"


@pytest.mark.door
def test_a_jump_host_leads_there(desk: Desk, request_there: str, tmp_path: Path) -> None:
    key = tmp_path / "jump_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with openssh_server(tmp_path / "jump", key.with_suffix(".pub").read_text(), command="") as jump:
        desk.known.write_text(desk.known.read_text() + f"[127.0.0.1]:{jump.port} {jump.host_key}\n")
        desk.hosts["gate"] = ["HostName 127.0.0.1", f"Port {jump.port}", f"User {jump.user}", f"IdentityFile {key}"]
        desk.hosts["ts1-files"].append("ProxyJump gate")
        desk.write()
        carry("zs1-files", "ts1-files", config=desk.config)
        assert len(incoming(desk.ts1)) == 2
        (desk.ts1.directory / "incoming/reporting.csr").unlink()
        words = f"ssh -F {desk.config} -W %h:%p gate 2>/dev/null"
        desk.hosts["ts1-files"][-1] = f"ProxyCommand {words}"
        desk.write()
        carry("zs1-files", "ts1-files", config=desk.config)
        assert len(incoming(desk.ts1)) == 2


def test_a_jump_host_that_is_gone_is_said(desk: Desk, request_there: str) -> None:
    desk.hosts["gate"] = ["HostName 127.0.0.1", "Port 1"]
    desk.hosts["ts1-files"].append("ProxyJump gate")
    desk.write()
    assert refusal(desk, NotYet).id == "peer-unreachable"


def test_a_proxy_command_that_needs_a_shell_is_refused(desk: Desk, request_there: str) -> None:
    desk.hosts["zs1-files"].append("ProxyCommand nc %h %p | tee log")
    desk.write()
    assert refusal(desk, AnswerRefused).id == "bad-ssh-config"


@pytest.mark.parametrize("host", ["-oProxyCommand=id", "", "a b", "x\x1b[2J", "host:99999"])
def test_a_host_that_is_none_is_refused(desk: Desk, host: str) -> None:
    assert refusal(desk, AnswerRefused, host).id == "bad-address"


def test_a_configuration_that_ssh_refuses_is_said_in_its_words(desk: Desk) -> None:
    desk.config.write_text("Host *\n  NoSuchWord yes\n")
    error = refusal(desk, AnswerRefused)
    assert error.id == "bad-ssh-config"
    assert "nosuchword" in str(error.message).lower()


class Forgetful(asyncssh.SFTPServer):
    """Says that it wrote, and did not."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        return len(data)


@pytest.mark.parametrize("server", [LateRefusal, Forgetful])
def test_what_is_not_there_afterwards_is_not_called_carried(
    tmp_path: Path, desk: Desk, request_there: str, server: type[asyncssh.SFTPServer]
) -> None:
    authorized = desk.key.with_suffix(".pub").read_text()
    with strange_box(tmp_path / "late", authorized, [desk.ts1.keys[0]], sftp=server) as late:
        desk.known.write_text(desk.known.read_text() + f"[127.0.0.1]:{late.port} {late.line()}\n")
        desk.hosts["ts1-files"][1] = f"Port {late.port}"
        desk.write()
        assert refusal(desk, NotYet).id == "peer-refused"


def test_a_plain_name_held_by_another_exchange_is_only_a_note(tmp_path: Path, desk: Desk, request_there: str) -> None:
    class Held(asyncssh.SFTPServer):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            if path.endswith(b"/reporting.csr"):
                raise asyncssh.SFTPPermissionDenied("belongs to an open exchange")
            return super().open(path, pflags, attrs)

    authorized = desk.key.with_suffix(".pub").read_text()
    with strange_box(tmp_path / "held", authorized, [desk.ts1.keys[0]], sftp=Held) as held:
        desk.known.write_text(desk.known.read_text() + f"[127.0.0.1]:{held.port} {held.line()}\n")
        desk.hosts["ts1-files"][1] = f"Port {held.port}"
        desk.write()
        result = carry("zs1-files", "ts1-files", config=desk.config)
    assert [finding.id for finding in result.findings] == ["plain-name-taken"]
    assert incoming(held) == [f"reporting-{request_there[:4]}.csr"]


GREETING = b"\0\0\0\x05\x02\0\0\0\x03"
NONSENSE = {
    "another greeting": b"\0\0\0\x05\x63\0\0\0\x03",
    "a greeting without a version": b"\0\0\0\x01\x02",
    "text": b"Welcome to the appliance! Have a nice day.\r\n",
    "text after the greeting": GREETING + b"Have a nice day.\r\n",
    "an answer of no known kind": GREETING + b"\0\0\0\x05\xee\0\0\0\x01",
    "a reason that is no text": GREETING + b"\0\0\0\x13\x65\0\0\0\x01\0\0\0\x04\0\0\0\x02\xff\xfe\0\0\0\0",
    "a name that is no text": GREETING
    + b"\0\0\0\x0a\x66\0\0\0\x01\0\0\0\x01h"
    + b"\0\0\0\x17\x68\0\0\0\x02\0\0\0\x01\0\0\0\x02\xff\xfe\0\0\0\0\0\0\0\0",
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_server_that_speaks_nonsense_is_told_as_such(desk: Desk, kind: str, tmp_path: Path) -> None:
    class Odd(asyncssh.SFTPServer):
        def __init__(self, chan: asyncssh.SSHServerChannel[bytes], chroot: bytes | None = None) -> None:
            chan.write(NONSENSE[kind])
            super().__init__(chan, chroot=chroot)

    with strange_box(tmp_path / "odd", desk.key.with_suffix(".pub").read_text(), sftp=Odd) as odd:
        desk.known.write_text(desk.known.read_text() + f"[127.0.0.1]:{odd.port} {odd.line()}\n")
        desk.hosts["odd"] = ["HostName 127.0.0.1", f"Port {odd.port}", f"IdentityFile {desk.key}"]
        desk.write()
        error = refusal(desk, NotYet, "odd")
    assert (error.id, "not SFTP" in str(error.message)) == ("peer-refused", True)
