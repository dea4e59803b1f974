"""Every mangled form becomes the identical DER and says what was mended, or is refused by its id."""

import json
import re
import traceback
from typing import Any

import pytest

from tanos.certificates.request import examine_request
from tanos.errors import AnswerRefused
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import Intake, read_file, read_pasted
from tests.data.pastes.make import corpus
from tests.data.pastes.parts import HERE, SOURCE, der

FORMS = HERE / "forms"
INDEX: list[dict[str, Any]] = json.loads((FORMS / "index.json").read_text())
ACCEPTED = [entry for entry in INDEX if "gives" in entry]
REFUSED = [entry for entry in INDEX if "refused" in entry]
KEYS = [entry for entry in REFUSED if entry["refused"] == "private-key"]
IDS = {
    "bad-base64", "bad-signature", "control-characters", "cut-short", "headers", "key-type", "line-numbers",
    "not-certificate", "not-der", "not-pem", "not-pkcs10", "not-text", "private-key", "too-large", "trailing-data",
    "two-requests", "wrong-block",
}  # fmt: skip


def by_name(entry: dict[str, Any]) -> str:
    return str(entry["file"]).removesuffix(".bin")


def read(entry: dict[str, Any]) -> Intake:
    """Read a form as the exchange does: a request is examined as well."""
    awaited = Awaited(entry["awaited"])
    reader = read_pasted if entry["by"] == "paste" else read_file
    intake = reader((FORMS / entry["file"]).read_bytes(), awaited)
    if awaited is Awaited.REQUEST:
        examine_request(intake.ders[0])
    return intake


def refusal(entry: dict[str, Any]) -> AnswerRefused:
    with pytest.raises(AnswerRefused) as caught:
        read(entry)
    return caught.value


def source_der(name: str) -> bytes:
    return der((SOURCE / name).read_text())


@pytest.mark.parametrize("entry", ACCEPTED, ids=by_name)
def test_a_mended_form_gives_the_identical_der_and_says_every_repair(entry: dict[str, Any]) -> None:
    intake = read(entry)
    assert intake.ders == tuple(source_der(name) for name in entry["gives"])
    told = [str(repair) for repair in intake.repairs]
    assert len(told) == len(entry["repairs"]), told
    assert all(words.startswith(start) for words, start in zip(told, entry["repairs"], strict=True)), told


@pytest.mark.parametrize("entry", REFUSED, ids=by_name)
def test_a_refused_form_names_its_id_and_what_to_do(entry: dict[str, Any]) -> None:
    error = refusal(entry)
    assert error.id == entry["refused"]
    assert error.findings[0].id == error.id
    assert str(error.message).endswith((".", "-----"))
    assert str(error.remedy)


@pytest.mark.parametrize("entry", KEYS, ids=by_name)
def test_no_text_of_a_private_key_appears_in_its_refusal(entry: dict[str, Any]) -> None:
    error = refusal(entry)
    assert "exposed" in str(error.remedy)
    assert error.__cause__ is None
    assert error.__context__ is None
    told = "".join(traceback.format_exception(error)) + repr(error.findings) + repr(vars(error))
    for source in SOURCE.glob("exposed.*"):
        words = re.findall(r"[A-Za-z0-9+/]{12,}", source.read_bytes().decode("latin-1"))
        assert not [word for word in words if word in told]


def test_the_corpus_is_what_its_script_makes() -> None:
    lying = {path.name: path.read_bytes() for path in FORMS.iterdir()}
    assert lying == corpus()


def test_the_corpus_is_whole() -> None:
    print(f"{len(ACCEPTED)} accepted forms, {len(REFUSED)} refused, {len(KEYS)} with a private key")
    assert len(ACCEPTED) >= 70
    assert len(REFUSED) >= 80
    assert {entry["refused"] for entry in REFUSED} == IDS
