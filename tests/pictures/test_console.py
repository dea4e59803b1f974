"""What browsers and curl think of the console before and after it has a certificate that they can verify."""

import json
from pathlib import Path

import pytest

from tests.conftest import TS1
from tests.pictures import browser
from tests.pictures.console import URL, desk, look
from tests.pictures.enterprise import make_authority

CANNOT_VERIFY = 60
"""Exit status of curl."""

pytestmark = pytest.mark.crash


@pytest.mark.skipif(bool(browser.missing()), reason=f"{browser.missing()} is not installed here")
async def test_a_browser_refuses_the_console_until_it_has_a_certificate_of_an_authority_that_is_believed(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as here:
        async with here.window() as opened:
            before = await look(opened)
        assert (before.error, before.state) == ("net::ERR_CERT_AUTHORITY_INVALID", "insecure-broken")
        assert before.issuer == TS1.fqdn
        assert "Sign In" not in before.text
        await here.install()
        async with here.window() as opened:
            after = await look(opened)
            assert (after.error, after.state, after.issuer) == ("", "secure", "Example Enterprise CA")
            assert "Sign In" in after.text
            await here.sign_in(opened)
            assert "Administrator" in await opened.run("document.body.innerText")
            info = await look(opened, f"{URL}info")
            assert (info.error, info.state) == ("", "secure")
            assert "SOAPServer.crt" in info.text
            assert await opened.run("document.styleSheets.length") == 1, "its own rules let its style in"
            await opened.go(URL)
            await opened.submit("document.querySelector('form').requestSubmit();")
            assert "Sign In" in await opened.run("document.body.innerText")
            assert "Sign in first." in (await look(opened, f"{URL}info")).text


async def test_curl_signs_in_in_the_words_of_the_page_once_the_certificate_is_one_of_the_authoritys(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as here:
        assert (await here.curl()).returncode == CANNOT_VERIFY
        await here.install()
        assert "session" in json.loads((await here.curl()).stdout)["data"]
        here.authority = make_authority(tmp_path)
        assert (await here.curl()).returncode == CANNOT_VERIFY, "another authority of that name"
