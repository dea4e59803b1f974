"""The example that boxes get is a file of relying services, as it stands and with its services taken in."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tanos.relying.content import Content
from tanos.relying.record import STAGED, read_records

EXAMPLE = Path(__file__).parents[3] / "vagrant" / "relying.toml"


def taken_in(place: Path) -> Path:
    """Return a copy without the marks before its services."""
    file = place / "relying.toml"
    file.write_text(re.sub(r"^#(?! \S)", "", EXAMPLE.read_text(), flags=re.MULTILINE))
    file.chmod(0o644)
    return file


def test_it_names_nobody_as_it_stands(place: Path) -> None:
    shutil.copy(EXAMPLE, place / "relying.toml")
    (place / "relying.toml").chmod(0o644)
    assert read_records(place / "relying.toml") == {}


def test_its_services_are_understood(place: Path) -> None:
    records = read_records(taken_in(place))
    assert list(records) == ["nginx", "haproxy", "postgresql"]
    assert records["postgresql"].file_mode("server.key") == 0o600


@pytest.mark.parametrize("name", ["nginx", "haproxy", "postgresql"])
def test_its_checks_take_a_pair(place: Path, name: str, first: Content) -> None:
    record = read_records(taken_in(place))[name]
    if not Path(record.check[0]).exists():
        pytest.skip(f"{record.check[0]} is not installed")
    if name == "nginx" and os.geteuid() != 0:
        pytest.skip("nginx looks at directories of root's, where it is not told of others")
    for file, data in first.files(record, str(place)).items():
        (place / file).write_bytes(data)
    words = [word.replace(STAGED, str(place)) for word in record.check]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
