"""What the keeper takes and gives is plain data: it can move to a process of its own without another interface."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from tanos.keeper import Keeper
from tanos.message import Message

METHODS = {name: method for name, method in inspect.getmembers(Keeper, inspect.isfunction) if name[0] != "_"}
PLAIN = {str, bytes, int, bool, NoneType, Message}
CONTAINERS = {list, tuple, dict, Sequence, Mapping, UnionType}


def is_plain(kind: Any) -> bool:
    """Say whether a type is made of text, bytes, numbers and frozen records of these alone."""
    if kind in PLAIN:
        return True
    if get_origin(kind) in CONTAINERS:
        return all(one is ... or is_plain(one) for one in get_args(kind))
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return bool(kind.__dataclass_params__.frozen) and all(is_plain(hints[one.name]) for one in fields(kind))  # type: ignore[attr-defined] # only there at run time
    return False


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_and_gives_plain_data(name: str) -> None:
    hints = get_type_hints(METHODS[name])
    assert set(hints) == {*inspect.signature(METHODS[name]).parameters} - {"self"} | {"return"}
    assert {one: kind for one, kind in hints.items() if not is_plain(kind)} == {}
