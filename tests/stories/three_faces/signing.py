"""Custom signing keys, and what the console shows before signing in: done by each face."""

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
