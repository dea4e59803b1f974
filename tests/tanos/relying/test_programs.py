"""What Debian's nginx, haproxy and PostgreSQL do with what they are given: each at every step that can fail."""

from collections.abc import Iterator

import pytest

from tanos.relying.content import Content
from tanos.relying.installing import install, looked, put_back
from tanos.relying.record import Relying, read_records
from tanos.relying.shelf import looked_at
from tanos.relying.stopped import Stopped
from tests.stories.lab import open_directory
from tests.tanos.relying.conftest import BRIEFLY, words
from tests.tanos.relying.programs import PROGRAMS, Program, running

pytestmark = pytest.mark.door


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda program: program.name)
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    """Run one of them for all its tests."""
    if not request.param.path():
        pytest.skip(f"{request.param.name} is not installed (Debian: {request.param.package})")
    with open_directory() as place, running(request.param, place) as made:
        yield made


@pytest.fixture
def served(program: Program, first: Content) -> Iterator[Program]:
    """Have it serve the first certificate; what a test broke is whole again afterwards."""
    yield program
    if program.process is None:
        program.start()
    program.configure()
    program.describe()


def silent(_: str) -> None:
    """Nobody listens."""


def record(program: Program) -> Relying:
    return read_records(program.file)["site"]


async def give(program: Program, content: Content) -> None:
    await install(record(program), content, {}, silent)


async def fingerprint(program: Program) -> str:
    seen, _ = await looked(record(program))
    return str(seen.get("fingerprint", ""))


async def refused(program: Program, content: Content, first: Content) -> Stopped:
    """Have it fail, and see that the first certificate is served, and that nothing half done lies there."""
    with looked_at(record(program)) as shelf:
        before = shelf.present, shelf.numbers
    with pytest.raises(Stopped) as stopped:
        await give(program, content)
    with looked_at(record(program)) as shelf:
        assert ((shelf.present, shelf.numbers), shelf.begun) == (before, None)
    if program.process is not None:
        assert await fingerprint(program) == first.fingerprint
    return stopped.value


async def test_it_serves_what_it_is_given_and_the_earlier_again(
    served: Program, first: Content, second: Content
) -> None:
    await give(served, first)
    assert await fingerprint(served) == first.fingerprint
    with looked_at(record(served)) as shelf:
        number = shelf.present
    await give(served, second)
    assert await fingerprint(served) == second.fingerprint
    assert number is not None
    await put_back(record(served), number, silent)
    assert await fingerprint(served) == first.fingerprint


async def test_its_check_refuses(served: Program, first: Content, second: Content) -> None:
    await give(served, first)
    served.describe(files=served.broken_files)
    stopped = await refused(served, second, first)
    assert stopped.why == "check-failed"
    assert stopped.fields["said"]


async def test_the_swap_fails(served: Program, first: Content, second: Content) -> None:
    await give(served, first)
    (served.directory / ".new").mkdir()
    try:
        stopped = await refused(served, second, first)
    finally:
        (served.directory / ".new").rmdir()
    assert stopped.why == "swap-failed"


async def test_the_reload_fails(served: Program, first: Content, second: Content) -> None:
    await give(served, first)
    served.configure(broken=True)
    stopped = await refused(served, second, first)
    assert stopped.why == "reload-failed"
    assert stopped.fields["back"], "it goes on with the earlier one, which it never let go"


async def test_it_serves_another_certificate(served: Program, first: Content, second: Content) -> None:
    await give(served, first)
    served.configure(where=served.current.resolve())
    served.describe(wait=BRIEFLY)
    stopped = await refused(served, second, first)
    assert stopped.why == "not-served"
    assert stopped.fields["served"] == first.fingerprint
    assert stopped.fields["back"]


async def test_nobody_listens(served: Program, first: Content, second: Content) -> None:
    await give(served, first)
    served.stop()
    served.describe(wait=BRIEFLY)
    stopped = await refused(served, second, first)
    assert stopped.why in {"reload-failed", "not-served"}
    served.describe(reload=words("/usr/bin/true"), wait=BRIEFLY)
    stopped = await refused(served, second, first)
    assert stopped.why == "not-served"
    assert stopped.fields["trouble"]
    assert not stopped.fields["back"]
