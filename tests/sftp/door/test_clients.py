"""The drop box under the clients that operators have, as Debian ships them: every size class, bytes compared.

Sizes stand on both sides of what clients cut a file into (32 KiB) and of what one client pads (rclone's last packet).
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncssh
import paramiko
import pytest

from tanos.receipt import receipt_of
from tests.sftp.door.conftest import OpenDoor

pytestmark = pytest.mark.door

SIZES = (0, 1, 1000, 32768, 32769, 65536, 300_001, 5 << 20)
Copy = Callable[[OpenDoor, list[Path]], None]


@pytest.fixture
def box(door: OpenDoor) -> OpenDoor:
    """The same door with an empty drop box."""
    for file in (*door.appliance.incoming.iterdir(), *door.appliance.outgoing.iterdir()):
        file.unlink()
    return door


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """One file of each size."""
    (tmp_path / "send").mkdir()
    paths = [tmp_path / "send" / f"size {size}.csr" for size in SIZES]
    for path, size in zip(paths, SIZES, strict=True):
        path.write_bytes(os.urandom(size))
    return paths


def run(*words: object, data: str = "", home: Path | None = None) -> str:
    """Run a client that has to succeed."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"} | ({"HOME": str(home)} if home else {})
    result = subprocess.run(
        [str(word) for word in words],
        input=data,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def openssh_sftp(door: OpenDoor, source: str, target: str, verb: str, names: list[str]) -> None:
    lines = [f'{verb} "{source}/{name}" "{target}/{name}"\n' for name in names]
    run("sftp", "-F", door.config, "-b", "-", "files", data="".join(lines))


def by_sftp(door: OpenDoor, files: list[Path], back: Path) -> None:
    names = [file.name for file in files]
    openssh_sftp(door, str(files[0].parent), "/incoming", "put", names)
    openssh_sftp(door, "/outgoing", str(back), "get", names)


def by_scp(door: OpenDoor, files: list[Path], back: Path) -> None:
    run("scp", "-q", "-p", "-F", door.config, *files, "files:/incoming/")
    run("scp", "-q", "-F", door.config, *(f"files:/outgoing/{file.name}" for file in files), f"{back}/")


def by_lftp(door: OpenDoor, files: list[Path], back: Path) -> None:
    source = files[0].parent
    script = (
        f'set sftp:connect-program "ssh -a -x -F {door.config}"\nset cmd:fail-exit yes\nset net:max-retries 1\n'
        f"open -u tancopy, sftp://files\nmput -O /incoming {source}/*\nls /incoming\n"
        f"mget -O {back} /outgoing/*\nbye\n"
    )
    listing = run("lftp", "--norc", "-c", script, home=back.parent)
    assert all(file.name in listing for file in files)


def by_psftp(door: OpenDoor, files: list[Path], back: Path) -> None:
    key = door.directory / "id.ppk"
    if not key.exists():
        run("puttygen", door.directory / "id", "-O", "private", "-o", key, "--new-passphrase", os.devnull)
    names = [file.name for file in files]
    put = "".join(f'put "{file}" "/incoming/{file.name}"\n' for file in files)
    get = "".join(f'get "/outgoing/{name}" "{back}/{name}"\n' for name in names)
    batch = back.parent / "batch"
    batch.write_text(put + "ls /incoming\n" + get)
    home = back.parent / "home"
    home.mkdir()
    listing = run(
        "psftp",
        "-batch",
        "-P",
        door.port,
        "-i",
        key,
        "-hostkey",
        fingerprint(door),
        "-b",
        batch,
        "tancopy@127.0.0.1",
        home=home,
    )
    assert all(name in listing for name in names)


def by_curl(door: OpenDoor, files: list[Path], back: Path) -> None:
    base = f"sftp://tancopy@127.0.0.1:{door.port}"
    words = ["curl", "-sS", "-k", "--key", door.directory / "id", "--pubkey", door.directory / "id.pub"]
    for file in files:
        run(*words, "-T", file, f"{base}/incoming/{file.name.replace(' ', '%20')}")
        run(*words, "-o", back / file.name, f"{base}/outgoing/{file.name.replace(' ', '%20')}")
        (back / file.name).touch()  # curl makes no file where there is nothing to write
    assert all(file.name in run(*words, f"{base}/incoming/") for file in files)


def by_rclone(door: OpenDoor, files: list[Path], back: Path) -> None:
    options = ["--sftp-host", "127.0.0.1", "--sftp-port", door.port, "--sftp-user", "tancopy", "--config", os.devnull]
    options += ["--sftp-key-file", door.directory / "id", "--sftp-shell-type", "none", "--retries", "1", "--quiet"]
    home = back.parent / "home"
    home.mkdir()
    run("rclone", *options, "copy", files[0].parent, ":sftp:/incoming", home=home)
    run("rclone", *options, "copy", ":sftp:/outgoing", back, home=home)
    run("rclone", *options, "check", files[0].parent, ":sftp:/incoming", "--download", "--one-way", home=home)


def by_paramiko(door: OpenDoor, files: list[Path], back: Path) -> None:
    with paramiko.Transport(("127.0.0.1", door.port)) as transport:
        transport.connect(
            username="tancopy", pkey=paramiko.Ed25519Key.from_private_key_file(str(door.directory / "id"))
        )
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        for file in files:
            client.put(str(file), f"/incoming/{file.name}")
            client.get(f"/outgoing/{file.name}", str(back / file.name))
        assert set(client.listdir("/incoming")) == {
            name for file in files for name in (file.name, receipt_of(file.name))
        }
        client.close()


CLIENTS = {
    "sftp": by_sftp,
    "scp": by_scp,
    "lftp": by_lftp,
    "psftp": by_psftp,
    "curl": by_curl,
    "rclone": by_rclone,
    "paramiko": by_paramiko,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_brings_and_fetches_every_size(
    box: OpenDoor, files: list[Path], tmp_path: Path, client: str
) -> None:
    if client != "paramiko" and shutil.which(client) is None:
        pytest.skip(f"{client} is not installed")
    back = tmp_path / "back"
    back.mkdir()
    for file in files:
        shutil.copy(file, box.appliance.outgoing)

    CLIENTS[client](box, files, back)

    lying = {file.name for file in box.appliance.incoming.iterdir()}
    assert lying == {name for file in files for name in (file.name, receipt_of(file.name))}
    for file in files:
        assert (box.appliance.incoming / file.name).read_bytes() == file.read_bytes()
        assert (back / file.name).read_bytes() == file.read_bytes()


async def test_asyncssh_brings_and_fetches_every_size(box: OpenDoor, files: list[Path], tmp_path: Path) -> None:
    async with (
        asyncssh.connect(
            "127.0.0.1",
            box.port,
            username="tancopy",
            client_keys=[str(box.directory / "id")],
            known_hosts=str(box.directory / "known_hosts"),
            config=None,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        for file in files:
            await client.put(str(file), f"/incoming/{file.name}")
            await client.get(f"/incoming/{file.name}", str(tmp_path / "back"))
            assert (tmp_path / "back").read_bytes() == file.read_bytes()


def test_scp_puts_a_shorter_file_over_a_longer_one(box: OpenDoor, tmp_path: Path) -> None:
    for size in (100_000, 10, 70_000, 0):
        data = os.urandom(size)
        (tmp_path / "x").write_bytes(data)
        run("scp", "-q", "-F", box.config, tmp_path / "x", "files:/incoming/x")
        assert (box.appliance.incoming / "x").read_bytes() == data


def test_the_time_of_a_file_is_kept_and_its_rights_are_not(box: OpenDoor, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("text")
    (tmp_path / "x").chmod(0o777)
    os.utime(tmp_path / "x", (1_500_000_000, 1_500_000_000))

    run("scp", "-q", "-p", "-F", box.config, tmp_path / "x", "files:/incoming/x")

    status = (box.appliance.incoming / "x").stat()
    assert (status.st_mtime, status.st_mode & 0o777) == (1_500_000_000, 0o600)


def test_a_broken_upload_goes_on_where_it_stopped(box: OpenDoor, tmp_path: Path) -> None:
    data = os.urandom(400_000)
    (tmp_path / "x").write_bytes(data)
    break_off(box, data[:150_000])

    listing = run("sftp", "-F", box.config, "-b", "-", "files", data="ls -l /incoming\n")
    assert "150000" in listing
    assert not (box.appliance.incoming / "x").exists()
    run("sftp", "-F", box.config, "-b", "-", "files", data=f"reput {tmp_path}/x /incoming/x\n")

    assert (box.appliance.incoming / "x").read_bytes() == data


def test_another_key_sees_nothing_of_a_broken_upload(box: OpenDoor) -> None:
    break_off(box, b"x" * 1000)

    listing = run("sftp", "-F", box.config, "-b", "-", "files2", data="ls -la /incoming\n")
    assert " x" not in listing
    assert box.sftp("get /incoming/x /dev/null\n", host="files2").returncode != 0


def test_lftp_goes_on_with_a_broken_upload(box: OpenDoor, tmp_path: Path) -> None:
    data = os.urandom(400_000)
    (tmp_path / "x").write_bytes(data)
    break_off(box, data[:150_000])
    script = (
        f'set sftp:connect-program "ssh -a -x -F {box.config}"\nset cmd:fail-exit yes\nset net:max-retries 1\n'
        f"open -u tancopy, sftp://files\nput -c -O /incoming {tmp_path}/x\nbye\n"
    )

    run("lftp", "--norc", "-c", script, home=tmp_path)

    assert (box.appliance.incoming / "x").read_bytes() == data


def test_a_directory_of_small_files_arrives_whole(box: OpenDoor, tmp_path: Path) -> None:
    for number in range(120):
        (tmp_path / f"f{number}").write_bytes(os.urandom(number * 17))

    run("sftp", "-F", box.config, "-b", "-", "files", data=f"put {tmp_path}/f* /incoming/\n")

    for number in range(120):
        name = f"f{number}"
        assert (box.appliance.incoming / name).read_bytes() == (tmp_path / name).read_bytes()


def break_off(door: OpenDoor, data: bytes) -> None:
    """Send part of a file named x and vanish."""
    transport = paramiko.Transport(("127.0.0.1", door.port))
    transport.connect(username="tancopy", pkey=paramiko.Ed25519Key.from_private_key_file(str(door.directory / "id")))
    client = paramiko.SFTPClient.from_transport(transport)
    assert client is not None
    file = client.open("/incoming/x", "wb")
    file.write(data)
    file.stat()
    transport.sock.close()
    transport.close()
    wait_for_part(door, len(data))


def wait_for_part(door: OpenDoor, size: int) -> None:
    """Wait until the door noticed; what is left is a part that nobody holds."""
    from tests.sftp.door.processes import children, soon

    assert soon(lambda: not children(door.warm_pid))
    assert [file.stat().st_size for file in door.appliance.incoming.glob(".upload-*")] == [size]


def fingerprint(door: OpenDoor) -> str:
    """Return what psftp wants to hear of the host key."""
    public = door.appliance.ssh / "ssh_host_ed25519_key.pub"
    return run("ssh-keygen", "-lf", public).split()[1]
