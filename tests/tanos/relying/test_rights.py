"""Who can do what: the hand gets the pairs that it was granted, and nobody else can get them or touch the files."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sftp.keeping.asking import Line
from sftp.keeping.guardian import keeping
from sftp.keeping.rights import METHODS, Part
from tanos.appliance import Appliance
from tanos.confinement.confine import confine
from tanos.confinement.home import served_needs
from tanos.confinement.landlock import version
from tanos.errors import NotYet
from tanos.relying.content import Content
from tanos.relying.installing import install
from tests.tanos.relying.conftest import Site
from tests.tanos.relying.test_operations import have


@contextmanager
def another(line: Line, part: Part, user: str) -> Iterator[Line]:
    """Have a line with other rights."""
    with line.for_another(part, user) as lent:
        own = Line(os.dup(lent))
    try:
        yield own
    finally:
        own.close()


def test_the_hand_has_the_pairs_that_it_was_granted_and_asks_for_nothing_else(
    bare_tanium_server: Appliance, first: Content
) -> None:
    have(bare_tanium_server, first)
    with keeping(bare_tanium_server) as line, another(line, Part.RELYING, "soap") as granted:
        assert "PRIVATE KEY" in granted.ask("serving_pair", ("soap",))
        for kind in ("reporting", "ssl", "", "soap reporting"):
            with pytest.raises(ValueError, match="not to be asked"):
                granted.ask("serving_pair", (kind,))
        for method in METHODS - {"serving_pair"}:
            with pytest.raises(ValueError):
                granted.ask(method, ())
        with another(line, Part.RELYING, "reporting") as second, pytest.raises(NotYet):
            second.ask("serving_pair", ("reporting",))
        with another(line, Part.ADMINISTRATOR, "tanadmin") as session:
            assert session.ask("live_certificate", ("soap",))
            with pytest.raises(ValueError):
                session.ask("serving_pair", ("soap",))


@pytest.mark.skipif(not version(), reason="no Landlock in this kernel")
def test_what_is_served_can_neither_read_the_key_nor_change_anything_there(
    bare_tanium_server: Appliance, site: Site, first: Content
) -> None:
    asyncio.run(install(site.relying, first, {}, lambda _: None))
    bare_tanium_server.store.rows("SELECT 1")
    bare_tanium_server.store.close()
    current = site.directory / "current"
    child = os.fork()
    if child == 0:
        found = 0
        try:
            confine(served_needs(bare_tanium_server))
            attempts = (
                lambda: (current / "site.pem").read_bytes(),
                lambda: (current / "site.pem").write_bytes(b""),
                lambda: (site.directory / "new").write_bytes(b""),
                lambda: current.unlink(),
                lambda: site.file.write_text(""),
                lambda: site.file.rename(site.place / "other"),
            )
            for attempt in attempts:
                try:
                    attempt()
                except OSError:
                    found += 1
        finally:
            os._exit(found)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 6
    assert current.exists()
