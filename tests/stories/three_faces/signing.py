"""Custom signing keys, keys that everybody has, and what the console shows before signing in: done by each face."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from tanos.known_keys.marks import marks_of
from tanos.signing_keys.key import read_public_key
from tests.stories.three_faces.step import DECLINED, Put, Step, Table
from tests.tanos.signing_keys.made import public_pem, signed

HTML_BANNER: Table = (
    Step("ts1", "html-banner show", "2-X-4-1"),
    Step("ts1", "html-banner import", "2-X-4-2", confirm="yes", ends="missing-file"),
    Put("banner.html", "<h1>For staff only.</h1><script>1</script>", "ts1"),
    Step("ts1", "html-banner import", "2-X-4-2", confirm="yes"),
    Step("ts1", "html-banner import", "2-X-4-2"),
    Step("ts1", "html-banner remove", "2-X-4-3", confirm="yes"),
    Step("ts1", "html-banner remove", "2-X-4-3"),
)
PUBLIC, CONTENT = public_pem("EC P-256").decode(), b"content\n"
CODE = read_public_key(PUBLIC.encode()).check_code
SIGNING_KEYS: Table = (
    Step("ts1", "signing-keys list", "2-5-L"),
    Put("other.pub", "words\n", "ts1"),
    Step(
        "ts1",
        "signing-keys add",
        "2-5-A",
        f"vendor --from incoming --file other.pub --fingerprint {CODE}",
        ("vendor", "incoming", "other.pub"),
        confirm="yes",
        ends="not-pem",
    ),
    Put("vendor.pub", PUBLIC, "ts1"),
    Step(
        "ts1",
        "signing-keys add",
        "2-5-A",
        f"vendor --from incoming --file vendor.pub --fingerprint {CODE}",
        ("vendor", "incoming", "vendor.pub"),
        confirm="yes",
        ends=DECLINED,
    ),
    Step(
        "ts1",
        "signing-keys add",
        "2-5-A",
        f"vendor --from paste --fingerprint {CODE}",
        ("vendor", "paste"),
        paste=PUBLIC,
        confirm="yes",
    ),
    Put("content.xml", CONTENT, "ts1"),
    Put("content.xml.sig", signed("EC P-256", CONTENT), "ts1"),
    Step("ts1", "signing-keys check", "2-5-C", "content.xml", ("content.xml", "")),
    Step("ts1", "signing-keys check", "2-5-C", "content.xml.sig", ("content.xml.sig", ""), ends="missing-file"),
    Step("ts1", "signing-keys remove", "2-5-D", "vendor", ("vendor",), confirm="yes"),
)


def _listed(line: str) -> bytes:
    """Return a list of that key, in badkeys' form."""
    marks = marks_of(load_ssh_public_key(line.encode()))
    assert marks is not None
    return marks.number + b"\1"


LISTED_KEY = (Path(__file__).parents[2] / "data" / "ssh_keys" / "other_ed25519.pub").read_text()
KNOWN_KEYS: Table = (
    Put("words.txt", "words\n", "zs1"),
    Step("zs1", "known-keys import", "C-E-2", "words.txt", ("words.txt",), confirm="yes", ends="not-a-key-list"),
    Put("blocklist.dat", _listed(LISTED_KEY), "zs1"),
    Step("zs1", "known-keys import", "C-E-2", "blocklist.dat", ("blocklist.dat",), confirm="yes"),
    Step("zs1", "known-keys list", "C-E-1"),
    Step("zs1", "authorized-keys add", "C-3-2-3-2", "tancopy", paste=LISTED_KEY, confirm="yes", ends="known-key"),
    Step("zs1", "known-keys remove", "C-E-3", "blocklist.dat", ("blocklist.dat",), confirm="yes"),
)
