"""What asyncio keeps to itself is as `lean` takes it to be."""

import asyncio
from asyncio.sslproto import SSLProtocol

from tanos.services.lean import BUFFER
from tests.tanos.services.segments import client, segments, until


async def test_a_connection_with_tls_holds_a_small_buffer() -> None:
    before = SSLProtocol.max_size
    assert before in {256 * 1024, BUFFER}
    async with (
        segments(has_hub=False) as running,
        client(running.target(by_zone=False), own={"ReportingTLSMode": 1}) as pc1,
    ):
        await until(lambda: pc1.connection)
        assert pc1.connection is not None
        transport = pc1.connection.writer.transport
        protocol = transport.get_protocol()
        assert isinstance(protocol, asyncio.StreamReaderProtocol)
        inner = transport._ssl_protocol  # type: ignore[attr-defined]  # what is held to is not public
        assert len(inner._ssl_buffer) == BUFFER
