"""What a console answered stands, however signing out of it ends."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.registration import joining
from tanos.registration.joining import LOGIN, LOGOUT, SigningIn, join
from tanos.registration.reaching import Post
from tanos.secret import Secret
from tests.conftest import MS1, bare_appliance
from tests.tanos.registration.test_presented import certificate


@pytest.mark.parametrize("refused", [(LOGOUT,), (LOGOUT, joining.REGISTER)])
async def test_a_registration_that_was_done_is_one_also_where_signing_out_fails(
    refused: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    def post(path: str, words: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        asked.append(path)
        if path in refused:
            raise AnswerRefused("registration-refused", N_("{path} was refused.", path=path), N_("So."))
        return {"data": {"session": "1"} if path == LOGIN else {"registered": "ts1.lab.test"}}

    async def converse(host: str, port: int, confirmed: bytes, say: Callable[[Post], str]) -> str:
        return say(post)

    monkeypatch.setattr(joining, "converse", converse)
    here = bare_appliance(tmp_path / "ms1", MS1)
    joined = join(here, SigningIn("tanium", Secret("x")), ("ts1.lab.test", 443), b"", certificate(), 17477)
    if joining.REGISTER in refused:
        with pytest.raises(AnswerRefused, match=joining.REGISTER):
            await joined
    else:
        assert await joined == "ts1.lab.test"
    assert asked == [LOGIN, joining.REGISTER, LOGOUT]
