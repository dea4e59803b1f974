"""A pasted key becomes one canonical line, or is refused by name; ssh-keygen is the judge of what was taken."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanos.errors import AnswerRefused
from tanos.keys.public_key import MOST_COMMENT, SshPublicKey, read_line, read_pasted_key
from tests.tanos.keys.forms import BAD, GOOD, LINE, Bad, Good, data, line, word_body


def judged(key: SshPublicKey) -> tuple[int, str]:
    """Return bits and fingerprint as ssh-keygen says them."""
    done = subprocess.run(["ssh-keygen", "-l", "-f", "-"], input=key.line.encode(), capture_output=True, check=True)
    bits, fingerprint, *_ = done.stdout.decode().split()
    return int(bits), fingerprint


@pytest.mark.parametrize("form", GOOD, ids=lambda form: form.name)
def test_a_good_form_gives_the_same_key_and_ssh_keygen_agrees(form: Good) -> None:
    key, _, repairs = read_pasted_key(form.raw)
    assert key.line.split()[:2] == list(word_body(form.key))
    assert bool(repairs) == form.repaired
    assert judged(key) == (key.bits, key.fingerprint)


@pytest.mark.parametrize("form", BAD, ids=lambda form: form.name)
def test_a_wrong_form_is_refused_by_its_name_and_says_what_to_do(form: Bad) -> None:
    with pytest.raises(AnswerRefused) as refused:
        read_pasted_key(form.raw)
    assert refused.value.id == form.id
    assert str(refused.value.message).endswith(".")
    assert str(refused.value.remedy).endswith(".")


@pytest.mark.parametrize("options", [["-t", "ed25519"], ["-t", "rsa", "-m", "PEM"], ["-t", "ecdsa", "-m", "PKCS8"]])
@pytest.mark.parametrize("passphrase", ["", "a passphrase"])
def test_a_private_key_is_named_first_and_nothing_of_it_is_told(
    tmp_path: Path, options: list[str], passphrase: str
) -> None:
    made = ["ssh-keygen", "-q", *options, "-N", passphrase, "-f", str(tmp_path / "key")]
    subprocess.run(made, check=True)
    private, public = (tmp_path / "key").read_bytes(), (tmp_path / "key.pub").read_bytes()
    body = b"".join(private.splitlines()[1:-1])
    for raw in (
        private,
        public + private,
        private.replace(b"\n", b"\r"),
        b"> " + private,
        private.decode().encode("utf-16"),
    ):
        with pytest.raises(AnswerRefused) as refused:
            read_pasted_key(raw)
        assert refused.value.id == "private-key"
        assert not any(body[at : at + 12].decode() in str(refused.value) for at in range(0, len(body) - 12, 12))


def test_the_body_of_a_private_key_without_its_lines_is_a_private_key(tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    with pytest.raises(AnswerRefused, match="private-key"):
        read_pasted_key(b"\n".join((tmp_path / "key").read_bytes().splitlines()[1:-1]))


def test_a_comment_is_inert_and_short() -> None:
    key, findings, _ = read_pasted_key(f"{LINE}\u202e\u2066 {'x' * 500}".encode())
    assert len(key.comment) <= MOST_COMMENT
    assert key.comment.isprintable()
    assert [finding.id for finding in findings] == ["comment-shortened"]


def test_a_line_that_a_program_wrote_may_hold_nothing_else() -> None:
    assert read_line(LINE).line == LINE
    with pytest.raises(AnswerRefused, match="not-a-key"):
        read_line(f"{LINE}\nmore")


@pytest.mark.parametrize("name", ["ed25519", "rsa2048", "ecdsa256", "sk_ed25519"])
def test_no_truncation_is_taken_for_a_key(name: str) -> None:
    word, body = word_body(name)
    for end in range(len(body.rstrip("="))):
        with pytest.raises(AnswerRefused):
            read_pasted_key(f"{word} {body[:end]}".encode())


@given(st.binary(max_size=300))
def test_any_bytes_give_a_key_or_a_refusal(raw: bytes) -> None:
    for mixed in (raw, data("ed25519.pub")[:60] + raw, line("rsa2048").encode() + raw):
        try:
            key, _, _ = read_pasted_key(mixed)
        except AnswerRefused as refused:
            assert refused.findings
        else:
            assert key.line.split()[:2] in (list(word_body()), list(word_body("rsa2048")))


@given(st.integers(0, 50), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_gives_another_fingerprint(at: int, value: int) -> None:
    good = read_line(LINE)
    blob = bytearray(good.blob)
    blob[at] = value
    changed = SshPublicKey(good.type, bytes(blob), "", 256)
    try:
        key, _, _ = read_pasted_key(changed.line.encode())
    except AnswerRefused:
        return
    assert (key.fingerprint == good.fingerprint) == (bytes(blob) == good.blob)
    assert judged(key) == (256, key.fingerprint)
