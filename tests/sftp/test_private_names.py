"""Which private names of the SSH libraries are used, and where: all of them stand in one table, and still exist.

What another release of a library calls otherwise is found here, by name and file, and not at a door that stays shut.
"""

import ast
import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARIES = ("asyncssh", "paramiko")
USED: dict[str, dict[str, str]] = {
    "asyncssh": {
        "sftp/by_key.py": """
            _validate_client_certificate
        """,
        "sftp/data_packets.py": """
            _accept_data _auth_complete _channels _compressor _conn _decompressor _inpbuf _keepalive_interval
            _keepalive_timer _keepalive_timer_callback _kex_complete _max_recv_pktlen _packet _pktlen
            _recv_blocksize _recv_encryption _recv_macsize _recv_packet _recv_pkthdr _recv_seq _recv_state
            _recv_window _rekey_bytes _rekey_bytes_sent _rekey_seconds _rekey_time _reset_keepalive_timer
            _send _send_blocksize _send_buf _send_chan _send_enchdrlen _send_encryption _send_pktsize _send_seq
            _send_state _send_window
        """,
        "sftp/files/handler.py": """
            _cleanup _dir_handles _extensions _file_handles _get_next_handle _packet_handlers
            _process_limits _process_open _process_opendir
        """,
        "sftp/files/requests.py": """
            _process_packet
        """,
        "sftp/gcm.py": """
            _cipher _iv _key
        """,
        "sftp/key_exchange.py": """
            _compute_hash _compute_server_shared _conn _packet_handlers _parse_client_key _process_init
            _send_reply
        """,
        "sftp/tuning.py": """
            _all_server_host_keys _choose_alg _enc_algs _inpbuf _login_timer _login_timer_callback _mac_algs
            _process_auth_agent_req_at_openssh_dot_com_request _process_env_request
            _process_hostkeys_prove_00_at_openssh_dot_com_global_request _process_x11_req_request
            _recv_data _report_global_response _session_id _transport
        """,
    },
    "paramiko": {},
}


def _modules(directory: Path) -> Iterator[ast.Module]:
    for path in sorted(directory.rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


@cache
def private_names(library: str) -> frozenset[str]:
    """Return the private names of a library's objects: methods, and attributes that they give themselves."""
    found = importlib.util.find_spec(library)
    assert found is not None
    assert found.origin is not None
    names = set()
    for module in _modules(Path(found.origin).parent):
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Attribute) and _is_self(node.value):
                names.add(node.attr)
    return frozenset(name for name in names if name.startswith("_") and not name.startswith("__"))


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def _imported(module: ast.Module, library: str) -> dict[str, str] | None:
    """Return from where a module imports which names of a library; None where it imports nothing of it."""
    names: dict[str, str] = {}
    knows = False
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            knows = knows or any(each.name.partition(".")[0] == library for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == library:
            knows = True
            names |= {each.name: node.module for each in node.names}
    return names if knows else None


def _used(module: ast.Module, library: str) -> set[str]:
    """Return the private names of a library that a module says: of other objects, as text, or of what it inherits."""
    imported = _imported(module, library)
    if imported is None:
        return set()
    names, inherited = set(), set()
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and not _is_self(node.value):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
        elif isinstance(node, ast.ClassDef):
            theirs = {name for base in node.bases for name in _names_of(base, library, imported)}
            inherited |= theirs & _own(node)
    return names & private_names(library) | inherited


def _own(heir: ast.ClassDef) -> set[str]:
    """Return what a class calls its own: what it defines, and says of itself."""
    return {node.attr for node in ast.walk(heir) if isinstance(node, ast.Attribute)} | {
        node.name for node in ast.walk(heir) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _names_of(base: ast.expr, library: str, imported: dict[str, str]) -> set[str]:
    """Return the private names of a class that is inherited from a library; none of any other."""
    base = base.value if isinstance(base, ast.Subscript) else base
    if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name) and base.value.id == library:
        where, name = library, base.attr
    elif isinstance(base, ast.Name) and base.id in imported:
        where, name = imported[base.id], base.id
    else:
        return set()
    kind = getattr(importlib.import_module(where), name)
    sources = [inspect.getsource(each) for each in kind.__mro__ if each.__module__.startswith(library)]
    return {word for source in sources for word in re.findall(r"\b_[a-z]\w*", source)}


@pytest.mark.parametrize("library", LIBRARIES)
def test_private_names_are_used_where_the_table_says_and_nowhere_else(library: str) -> None:
    found = {}
    for path in sorted(path for room in ("tanos", "sftp", "menus") for path in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        names = _used(ast.parse(text), library) if library in text else set()
        if names:
            found[str(path.relative_to(ROOT))] = names
    assert found == {path: set(names.split()) for path, names in USED[library].items()}
