"""Markup of a banner: what arranges text stays, what does anything else goes, whatever it looks like."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanos.inert import inert
from tanos.markup import KEPT, lines_of, rewritten

TAG = re.compile(r"<[^>]*>?")
PIECES = (
    "<", ">", "</", "/>", "<p>", "</p>", "<b", "<script>", "</script>", "<pre>", "<!--", "-->", "<![CDATA[", "<![x",
    "]]>", "&lt;", "&#60;", "&amp;lt;", "&#0;", " onclick=x", '"', "'", "=", "\n", "\t", "\x1b[2J", "\u202e", "x",
    "<br/>", "<svg/onload=1>", "<a href=javascript:x>", "<?php", "<!DOCTYPE html>", "<plaintext>", "<textarea>",
)  # fmt: skip


@pytest.mark.parametrize(
    "source, written",
    [
        ("<h1>Staff only</h1>\n<p>You are  <b>watched</b>.", "<h1>Staff only</h1> <p>You are <b>watched</b>.</p>"),
        ('<p style="color:red" onclick="x()">a</p>', "<p>a</p>"),
        ("a<script>alert(1)</script>b<style>p{}</style>c", "abc"),
        ('<a href="https://evil.test">here</a><img src=x onerror=y>', "here"),
        ("<p>one<p>two", "<p>one<p>two</p></p>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("<pre>a\n\tb</pre>", "<pre>a<br>    b</pre>"),
        ("<br/><hr>", "<br><hr>"),
        ("<!-- a --><?x y?><!DOCTYPE html><html><head><title>t</title></head><body>z</body></html>", "z"),
        ("a\x1b[2Jb\u202ec", r"a\x1b[2Jb\u202ec"),
        ("a\r<?x?>\rb <!-- --> <script>1</script> c", "a b c"),
    ],
)
def test_what_arranges_text_stays_and_the_rest_is_words(source: str, written: str) -> None:
    assert rewritten(source)[0] == written


def test_what_was_left_out_is_named_once_and_what_nobody_misses_is_not() -> None:
    source = (
        "<html><body><font><font><a href=x>y</a><p onclick=x ONLOAD=y>z<b onclick=x>1</b><script>1</script></html>"
    )
    assert rewritten(source)[1] == ("font", "a", "p onclick", "p onload", "b onclick", "script")


@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_whatever_comes_only_plain_tags_of_the_list_go_out_balanced_and_once_more_the_same(source: str) -> None:
    written = rewritten(source)[0]
    assert inert(written) == written
    opened: list[str] = []
    for tag in TAG.findall(written):
        name = tag.strip("</>")
        assert tag in {f"<{name}>", f"</{name}>"}
        assert name in KEPT
        if tag.startswith("</"):
            assert opened.pop() == name
        elif name not in {"br", "hr"}:
            opened.append(name)
    assert not opened
    assert rewritten(written)[0] == written


def test_for_a_terminal_each_block_is_a_line() -> None:
    assert lines_of(rewritten("<h1>A</h1><p>b<br>c &amp; d <b>e</b></p><ul><li>f</ul>")[0]) == [
        "A",
        "b",
        "c & d e",
        "f",
    ]
