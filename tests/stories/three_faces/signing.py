"""What the console shows before signing in: done by each face."""

from tests.stories.three_faces.step import Put, Step, Table

HTML_BANNER: Table = (
    Step("ts1", "html-banner show", "2-X-4-1"),
    Step("ts1", "html-banner import", "2-X-4-2", confirm="yes", ends="missing-file"),
    Put("banner.html", "<h1>For staff only.</h1><script>1</script>", "ts1"),
    Step("ts1", "html-banner import", "2-X-4-2", confirm="yes"),
    Step("ts1", "html-banner import", "2-X-4-2"),
    Step("ts1", "html-banner remove", "2-X-4-3", confirm="yes"),
    Step("ts1", "html-banner remove", "2-X-4-3"),
)
