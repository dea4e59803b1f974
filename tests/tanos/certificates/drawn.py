"""Requests drawn at random: odd subjects, names of every kind, extensions that contradict, keys of every type.

They are well signed nearly always, because what is refused for its signature is never looked into.
"""

import ipaddress
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import strategies as st

from tanos.der import OCTET_STRING, OID, SEQUENCE, SET, integer, tlv

KEYS = (
    *(ec.generate_private_key(curve) for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())),
    *(ec.generate_private_key(curve) for curve in (ec.SECP256K1(), ec.SECP224R1())),
    *(rsa.generate_private_key(65537, bits) for bits in (1024, 2048, 2056)),
    rsa.generate_private_key(3, 2048),
    ed25519.Ed25519PrivateKey.generate(),
    ed448.Ed448PrivateKey.generate(),
)
SOUND = (KEYS[0], KEYS[1], KEYS[2], KEYS[6])
OIDS = (
    NameOID.COMMON_NAME,
    NameOID.COUNTRY_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.EMAIL_ADDRESS,
    NameOID.SERIAL_NUMBER,
    NameOID.DOMAIN_COMPONENT,
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"),
)
UTF8, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP, BIT = 12, 19, 20, 22, 28, 30, 3
TAGS = [UTF8, UTF8, UTF8, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP, BIT]
CODES = {
    UTF8: "utf-8",
    PRINTABLE: "latin-1",
    TELETEX: "latin-1",
    IA5: "latin-1",
    UNIVERSAL: "utf-32-be",
    BMP: "utf-16-be",
}

labels = st.from_regex(r"[a-zA-Z][a-z0-9]{0,6}", fullmatch=True)
hosts = st.lists(labels, min_size=1, max_size=5).map(lambda many: ".".join([*many, "test"]))
long_hosts = st.integers(1, 4).map(lambda count: ".".join(["n" * 59] * count + ["test"]))
odd_texts = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="a \x00\x07\x1b\n\r\t\x7f\u202e\u200b\u00e9\U0001f511*.-:/", max_size=70),
    st.sampled_from(
        ["", " ", "*", "*.lab.test", "localhost", "ts1.lab.test", "ts1.lab.test Root 0", "10.0.0.5", "::1"]
    ),
    st.sampled_from(["server.domain.com", "xn--zzzz", "xn--bcher-kva.test", "a" * 64, "a" * 65, "\u00e9" * 64]),
)
texts = st.one_of(hosts, hosts, long_hosts, odd_texts)


@st.composite
def attributes(draw: st.DrawFn, damaged: int = 5) -> bytes:
    """One attribute of a subject as DER, in any string type, `damaged` in a hundred not decodable."""
    oid = draw(st.one_of(st.just(NameOID.COMMON_NAME), st.sampled_from(OIDS)))
    tag = draw(st.sampled_from(TAGS if damaged else [UTF8, BMP]))
    text = draw(st.one_of(texts, st.sampled_from(["US", "us", "USA"])))
    value = text.encode(CODES.get(tag, "utf-8"), "replace")
    if draw(st.integers(0, 99)) < damaged:
        value = draw(st.binary(max_size=20))
    return tlv(SEQUENCE, _oid(oid), tlv(tag, value))


subjects = st.lists(st.lists(attributes(), min_size=1, max_size=2).map(lambda many: tlv(SET, *many)), max_size=4).map(
    lambda many: tlv(SEQUENCE, *many)
)
plain_subjects = st.lists(attributes(), max_size=2).map(lambda many: tlv(SEQUENCE, *(tlv(SET, one) for one in many)))

addresses = st.one_of(
    st.ip_addresses().map(lambda address: address.packed),
    st.sampled_from([ipaddress.ip_address(text).packed for text in ("10.0.0.5", "2001:db8::5", "127.0.0.1", "::")]),
)
good_names = st.one_of(
    hosts.map(lambda text: tlv(0x82, text.encode())),
    long_hosts.map(lambda text: tlv(0x82, text.encode())),
    st.sampled_from([b"\x0a\0\0\x05", ipaddress.ip_address("2001:db8::5").packed]).map(
        lambda packed: tlv(0x87, packed)
    ),
)
odd_names = st.one_of(
    st.tuples(st.sampled_from([0x81, 0x82, 0x86]), odd_texts).map(lambda one: tlv(one[0], one[1].encode())),
    st.one_of(addresses, st.binary(max_size=33)).map(lambda packed: tlv(0x87, packed)),
    plain_subjects.map(lambda name: tlv(0xA4, name)),
    st.just(tlv(0x88, b"\x2a\x03")),
    st.just(tlv(0xA0, bytes((OID, 1, 0x2A)), tlv(0xA0, tlv(UTF8, b"x")))),
    st.binary(max_size=12),
)


def _oid(oid: x509.ObjectIdentifier) -> bytes:
    name = x509.Name([x509.NameAttribute(oid, "US" if oid == NameOID.COUNTRY_NAME else "x")]).public_bytes()
    return name[6 : 8 + name[7]]


def _usage(bits: int) -> bytes:
    return tlv(BIT, bytes((0, bits)))


def _purposes(oids: list[x509.ObjectIdentifier]) -> bytes:
    return x509.ExtendedKeyUsage(oids).public_bytes()


PURPOSES = (
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.CODE_SIGNING,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.8"),
)
extensions = st.one_of(
    st.tuples(st.just(15), st.integers(0, 255).map(_usage)),
    st.tuples(st.just(37), st.lists(st.sampled_from(PURPOSES), min_size=1, max_size=3).map(_purposes)),
    st.tuples(st.just(19), st.sampled_from([tlv(SEQUENCE), tlv(SEQUENCE, b"\x01\x01\xff"), b"\x05\x00"])),
    st.tuples(st.just(14), st.binary(max_size=20).map(lambda value: tlv(OCTET_STRING, value))),
    st.tuples(st.sampled_from([15, 17, 19, 30, 32, 35, 37, 99]), st.binary(max_size=20)),
)


benign = st.one_of(
    st.tuples(st.just(15), st.sampled_from([0x80, 0xA0, 0x20, 0x88]).map(_usage)),
    st.tuples(st.just(37), st.lists(st.sampled_from(PURPOSES), min_size=1, max_size=3, unique=True).map(_purposes)),
    st.just((19, tlv(SEQUENCE))),
    st.tuples(st.just(14), st.binary(max_size=20).map(lambda value: tlv(OCTET_STRING, value))),
    st.tuples(st.just(99), st.binary(max_size=20)),
)


@st.composite
def likely_requests(draw: st.DrawFn) -> bytes:
    """A request that is probably answered: its names are good, the rest of its subject may be anything."""
    text = draw(texts.filter(str.strip))
    first = tlv(SET, tlv(SEQUENCE, _oid(NameOID.COMMON_NAME), tlv(UTF8, text.encode())))
    more = [tlv(SET, one) for one in draw(st.lists(attributes(damaged=0), max_size=3))]
    asked = draw(st.lists(benign, max_size=3, unique_by=lambda one: one[0]))
    names = draw(st.lists(good_names, min_size=1, max_size=5))
    parts = [extension(number, value, draw(st.booleans())) for number, value in asked]
    parts.append(extension(17, tlv(SEQUENCE, *names), draw(st.booleans())))
    return sign(draw(st.sampled_from(SOUND)), tlv(SEQUENCE, first, *more), tlv(SEQUENCE, *parts))


@st.composite
def odd_requests(draw: st.DrawFn) -> bytes:
    """A request of which any part may be anything."""
    key: Any = draw(st.one_of(st.sampled_from(SOUND), st.sampled_from(KEYS)))
    subject = draw(st.one_of(subjects, plain_subjects))
    names: list[bytes] = draw(st.lists(st.one_of(good_names, odd_names), max_size=4))
    asked: list[tuple[int, bytes]] = draw(st.lists(extensions, max_size=3))
    also_empty = draw(st.booleans())
    if names or also_empty:
        asked = [(17, tlv(SEQUENCE, *names)), *asked]
    parts = [extension(number, value, draw(st.booleans())) for number, value in asked]
    return sign(key, subject, tlv(SEQUENCE, *parts) if parts else b"")


def requests() -> st.SearchStrategy[bytes]:
    """A request as DER, signed by its own key."""
    return st.one_of(likely_requests(), odd_requests())


def extension(number: int, value: bytes, critical: bool) -> bytes:
    """One extension with its number below 2.5.29."""
    flag = b"\x01\x01\xff" if critical else b""
    return tlv(SEQUENCE, bytes((OID, 3, 0x55, 0x1D, number)), flag, tlv(OCTET_STRING, value))


_REQUESTED = bytes.fromhex("06092a864886f70d01090e")


def sign(key: Any, subject: bytes, wanted: bytes) -> bytes:
    """Return a request for those DER parts. The algorithm is the usual one of the key's kind."""
    usual = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, _hash(key))
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    attributes_ = tlv(SEQUENCE, _REQUESTED, tlv(SET, wanted)) if wanted else b""
    info = tlv(SEQUENCE, integer(0), subject, spki, tlv(0xA0, attributes_))
    whole = usual.public_bytes(Encoding.DER)
    rest = whole[whole.index(usual.tbs_certrequest_bytes) + len(usual.tbs_certrequest_bytes) :]
    algorithm = rest[: 2 + rest[1]]
    return tlv(SEQUENCE, info, algorithm, tlv(BIT, b"\0", _signature(key, info)))


def _hash(key: Any) -> SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else SHA256()


def _signature(key: Any, info: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(info, ec.ECDSA(SHA256()))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(info, padding.PKCS1v15(), SHA256())
    signature: bytes = key.sign(info)
    return signature
