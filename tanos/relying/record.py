"""What root wrote down of relying services: one record each, read from one file and from nowhere else.

Invariants: command lines, paths and addresses come from that file alone, which nobody but root can change
(`guarded`); who asks gives a name and nothing more. A record is understood whole or refused: an unknown word in it is
a mistake of whoever wrote it, not to be passed over. Commands are lists of words, and no shell reads them.
"""

import grp
import pwd
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tanos.certificates.pair_kinds import KINDS, PairKind
from tanos.relying.guarded import read_guarded
from tanos.relying.stopped import Stopped
from tanos.services.served import SPEAKS

LARGEST = 256 * 1024
STAGED = "{staged}"
"""In a word of a check command: the directory of the files that are looked at."""
PARTS = ("certificate", "issuers", "key")
WAIT_SECONDS, COMMAND_SECONDS = 10.0, 20.0
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}\Z")
_MODE = re.compile(r"0?[0-6][0-4]0\Z")
_RESERVED = {"manifest.json"}


@dataclass(frozen=True)
class Relying:
    """One relying service."""

    name: str
    kind: PairKind
    directory: Path
    """Its versions lie here, and `current`, the link to the one that the service reads."""
    files: Mapping[str, tuple[str, ...]]
    """What stands in which file: `certificate`, `issuers`, `key`, one after the other."""
    texts: Mapping[str, str]
    """Further files beside them, for the check command alone."""
    owner: str
    group: str
    mode: int
    """Of files that hold the key; others are 0644."""
    check: tuple[str, ...]
    reload: tuple[str, ...]
    host: str
    port: int
    server_name: str
    speaks: str
    wait: float
    """Seconds within which it must serve the certificate."""
    command_seconds: float

    @property
    def uid(self) -> int:
        """Of the files. Raises Stopped `file-wrong`."""
        try:
            return pwd.getpwnam(self.owner).pw_uid
        except KeyError:
            raise Stopped("file-wrong", name=self.name, field="owner") from None

    @property
    def gid(self) -> int:
        """Of the files. Raises Stopped `file-wrong`."""
        try:
            return grp.getgrnam(self.group).gr_gid
        except KeyError:
            raise Stopped("file-wrong", name=self.name, field="group") from None

    @property
    def address(self) -> str:
        """As it is shown."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def file_mode(self, file: str) -> int:
        """Return the mode of one of its files."""
        return self.mode if "key" in self.files.get(file, ()) else 0o644


def read_records(file: Path) -> dict[str, Relying]:
    """Return the records of a file, by name. Raises Stopped `file-missing`, `unsafe`, `file-wrong`."""
    services = _table(file).get("service", {})
    if not isinstance(services, dict):
        raise Stopped("file-wrong", name="-", field="service")
    return {name: _record(name, given) for name, given in services.items()}


def kinds_named(file: Path) -> list[str]:
    """Return the names of the pairs that a file speaks of, none where it cannot be read: what may be asked for."""
    try:
        return sorted({record.kind.name for record in read_records(file).values()})
    except Stopped:
        return []


def _table(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(read_guarded(file, LARGEST).decode())
    except (ValueError, RecursionError) as error:
        raise Stopped("file-wrong", name="-", field=str(error)[:80]) from error
    if set(table) - {"service"}:
        raise Stopped("file-wrong", name="-", field=", ".join(sorted(set(table) - {"service"})))
    return table


class _Fields:
    """The fields of one record, taken one by one; what is left over is a mistake."""

    def __init__(self, name: str, given: Any) -> None:
        self.name = name
        if not _NAME.match(name) or not isinstance(given, dict):
            raise self.wrong("name")
        self._given = dict(given)

    def wrong(self, field: str) -> Stopped:
        return Stopped("file-wrong", name=self.name, field=field)

    def take(self, field: str, fits: Callable[[Any], bool], default: Any = None) -> Any:
        value = self._given.pop(field, default)
        if value is None or not fits(value):
            raise self.wrong(field)
        return value

    def end(self) -> None:
        if self._given:
            raise self.wrong(", ".join(sorted(self._given)))


def _record(name: str, given: Any) -> Relying:
    fields = _Fields(name, given)
    kinds = {kind.name: kind for kind in KINDS}
    kind = kinds[fields.take("certificate", lambda value: _is_text(value) and value in kinds)]
    directory = Path(fields.take("directory", lambda value: _is_text(value) and value.startswith("/")))
    files = fields.take("files", _are_files)
    texts = fields.take("texts", _are_texts, {})
    if set(texts) & set(files):
        raise fields.wrong("texts")
    owner = fields.take("owner", _is_text, pwd.getpwuid(0).pw_name)
    group = fields.take("group", _is_text, grp.getgrgid(0).gr_name)
    mode = int(fields.take("mode", lambda value: _is_text(value) and bool(_MODE.match(value)), "0600"), 8)
    check, reload = fields.take("check", _are_words), fields.take("reload", _are_words)
    host, port = _address(fields)
    server_name = fields.take("server_name", _is_text, host)
    speaks = fields.take("speaks", lambda value: _is_text(value) and value in SPEAKS, "tls")
    wait = float(fields.take("wait", lambda value: _is_number(value) and 0 < value <= WAIT_SECONDS, WAIT_SECONDS))
    seconds = float(fields.take("seconds", lambda value: _is_number(value) and 0 < value <= 60, COMMAND_SECONDS))
    fields.end()
    parts = {file: tuple(content) for file, content in files.items()}
    return Relying(
        name, kind, directory, parts, texts, owner, group, mode, tuple(check), tuple(reload), host, port,
        server_name, speaks, wait, seconds,
    )  # fmt: skip


def _address(fields: _Fields) -> tuple[str, int]:
    host, _, port = fields.take("address", _is_text).rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) <= 65535:
        raise fields.wrong("address")
    return host.strip("[]"), int(port)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value)) and value[0].startswith("/")


def _are_files(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(_is_file(name) for name in value) and all(
        isinstance(parts, list) and parts and all(part in PARTS for part in parts) for parts in value.values()
    )  # fmt: skip


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_file(name) and isinstance(text, str) for name, text in value.items())


def _is_file(name: str) -> bool:
    return bool(_FILE.match(name)) and name not in _RESERVED
