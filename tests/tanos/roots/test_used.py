"""Who has what stands on a root, as an operator reads it."""

from pathlib import Path

from tanos.roots.kept import find_root
from tanos.roots.used import uses
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.roots.made import ROOT_0, server_of_7_4

__all__ = ["clock"]
_ISSUED = (
    ("CN=zs1.lab.test", "server-tls"),
    ("CN=zs1.lab.test Intermediate TLS", "intermediate-tls"),
    ("CN=ts4.lab.test Message signing", "message-signing"),
    ("CN=zs9.lab.test", "reporting"),
)


def test_keys_of_7_4_are_told_of_the_server_that_has_them_and_of_a_pair_that_nobody_sent_nothing_is_guessed(
    tmp_path: Path, clock: Clock
) -> None:
    server = server_of_7_4(tmp_path, clock)
    root = find_root(server, ROOT_0)
    with server.store.change(call(server, "test")) as change:
        for number, (subject, kind) in enumerate(_ISSUED):
            change.execute(
                "INSERT INTO issued (serial, check_code, request_hash, issuer_key, subject, names, not_before,"
                " not_after, certificate, issued_at, kind)"
                " VALUES (?, ?, '', ?, ?, '[]', ?, '2099-01-01', 'pem', ?, ?)",
                f"0{number}",
                f"CODE-{number}",
                root.check_code,
                subject,
                change.now,
                change.now,
                kind,
            )
    held = {each.subject.removeprefix("CN="): (str(each.holder), each.is_own) for each in uses(server, root)}
    assert held == {
        "zs1.lab.test": ("zs1.lab.test", False),
        "zs1.lab.test Intermediate TLS": ("zs1.lab.test", False),
        "ts4.lab.test Message signing": ("this server", True),
        "zs9.lab.test": ("nobody said", False),
    }
    server.store.close()
