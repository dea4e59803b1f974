"""Custom signing keys: what is one, how it is added and taken away, and what it signed."""

import base64
import hashlib

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.operation import silent
from tanos.signing_keys.content import CHECK_CONTENT
from tanos.signing_keys.kept import signing_keys
from tanos.signing_keys.key import PublicKey, read_public_key
from tanos.signing_keys.operations import ADD_SIGNING_KEY, LIST_SIGNING_KEYS, REMOVE_SIGNING_KEY
from tests.conftest import call
from tests.tanos.signing_keys.made import openssl, private_pem, public_pem, signed

TAKEN = ("EC P-256", "RSA 2048", "Ed25519")


async def added(appliance: Appliance, kind: str, name: str) -> None:
    plan = await ADD_SIGNING_KEY.prepare(call(appliance), name=name, source="paste", text=public_pem(kind))
    await ADD_SIGNING_KEY.apply(call(appliance), plan, silent)


@pytest.mark.parametrize("kind", TAKEN)
def test_a_key_is_told_as_openssl_has_it(kind: str) -> None:
    pem = public_pem(kind)
    der = openssl("pkey -pubin -outform DER", pem)
    key = read_public_key(pem)
    assert (key.kind, key.pem.encode(), key.findings()) == (kind, pem, ())
    assert key.fingerprint.replace(":", "").lower() == hashlib.sha256(der).hexdigest()
    assert key.fingerprint.replace(":", "").startswith(key.check_code.replace("-", ""))
    mangled = read_public_key(b"> " + pem.strip().replace(b"\n", b"\r\n> "))
    assert mangled.repairs
    assert mangled.pem == pem.decode()
    assert read_public_key(der) == PublicKey(key.key)


def test_one_of_rsa_alone_is_taken_too() -> None:
    bare = openssl("rsa -pubin -RSAPublicKey_out", public_pem("RSA 2048"))
    assert read_public_key(bare).check_code == read_public_key(public_pem("RSA 2048")).check_code


@pytest.mark.parametrize("kind, finding", [("RSA 1024", "weak-key"), ("Ed448", "key-type")])
async def test_a_weak_key_or_one_of_another_kind_is_refused(
    bare_tanium_server: Appliance, kind: str, finding: str
) -> None:
    plan = await ADD_SIGNING_KEY.prepare(call(bare_tanium_server), name="a", source="paste", text=public_pem(kind))
    assert [each.id for each in plan.refusals] == [finding]


@pytest.mark.parametrize("kind", TAKEN)
def test_a_private_key_is_never_taken_for_one(kind: str) -> None:
    for raw in (private_pem(kind), openssl("pkey -outform DER", private_pem(kind))):
        with pytest.raises(AnswerRefused) as refused:
            read_public_key(raw)
        assert refused.value.id == "private-key"


def test_what_is_no_key_is_refused_by_what_it_is() -> None:
    two = public_pem("EC P-256") + public_pem("RSA 2048")
    other = public_pem("EC P-256").replace(b"PUBLIC KEY", b"CERTIFICATE")
    rubbish = b"-----BEGIN PUBLIC KEY-----\nMAMCAQE=\n-----END PUBLIC KEY-----\n"
    for raw, finding in ((two, "two-keys"), (other, "wrong-block"), (rubbish, "not-a-key"), (b"words", "not-pem")):
        with pytest.raises(AnswerRefused) as refused:
            read_public_key(raw)
        assert refused.value.id == finding


async def test_a_key_is_added_once_listed_and_taken_away(bare_tanium_server: Appliance) -> None:
    asked = call(bare_tanium_server)
    code = read_public_key(public_pem("EC P-256")).check_code
    (bare_tanium_server.incoming / "content.pub").write_bytes(public_pem("EC P-256"))
    plan = await ADD_SIGNING_KEY.prepare(asked, name="vendor", file="content.pub", fingerprint=code.lower())
    assert plan.refusals == ()
    await ADD_SIGNING_KEY.apply(asked, plan, silent)
    (listed,) = (await LIST_SIGNING_KEYS.read(asked)).data["keys"]
    assert (listed["name"], listed["check_code"], listed["added_by"]) == ("vendor", code, "tanadmin")
    again = await ADD_SIGNING_KEY.prepare(asked, name="other", file="content.pub")
    assert again.nothing_to_do
    await ADD_SIGNING_KEY.apply(asked, again, silent)
    with pytest.raises(AnswerRefused) as refused:
        await ADD_SIGNING_KEY.prepare(asked, name="Vendor", source="paste", text=public_pem("RSA 2048"))
    assert refused.value.id == "name-taken"
    removal = await REMOVE_SIGNING_KEY.prepare(asked, name=code)
    await REMOVE_SIGNING_KEY.apply(asked, removal, silent)
    assert signing_keys(bare_tanium_server) == []
    with pytest.raises(NotYet):
        await REMOVE_SIGNING_KEY.apply(asked, removal, silent)
    rows = bare_tanium_server.store.rows("SELECT before, after FROM audit WHERE object LIKE 'signing key %'")
    assert [tuple(row) for row in rows] == [("", code), (code, "")]


async def test_a_key_that_is_not_the_one_that_was_meant_is_refused(bare_tanium_server: Appliance) -> None:
    other = read_public_key(public_pem("RSA 2048")).fingerprint
    plan = await ADD_SIGNING_KEY.prepare(
        call(bare_tanium_server), name="a", source="paste", text=public_pem("EC P-256"), fingerprint=other
    )
    assert [each.id for each in plan.refusals] == ["fingerprint-mismatch"]


@pytest.mark.parametrize("kind", TAKEN)
async def test_what_openssl_signed_is_known_by_its_key_and_nothing_else_is(
    bare_tanium_server: Appliance, kind: str
) -> None:
    asked, incoming = call(bare_tanium_server), bare_tanium_server.incoming
    for each in TAKEN:
        await added(bare_tanium_server, each, each.replace(" ", "-"))
    signature = signed(kind, b"content")
    (incoming / "content.xml").write_bytes(b"content")
    for written in (signature, base64.encodebytes(signature)):
        (incoming / "content.xml.sig").write_bytes(written)
        result = await CHECK_CONTENT.read(asked, file="content.xml", signature="content.xml.sig")
        assert result.data["name"] == kind.replace(" ", "-")
    (incoming / "content.xml").write_bytes(b"Content")
    with pytest.raises(AnswerRefused) as refused:
        await CHECK_CONTENT.read(asked, file="content.xml", signature="content.xml.sig")
    assert refused.value.id == "not-signed"
