"""Markup from outside, written anew: of elements a short list without attributes, of everything else the words.

Invariants: what comes out is made here from words and a list, never copied; it is one line, balanced, holds no
attribute, no script, no address, and is what comes out again where it is put in.
"""

import re
from functools import lru_cache
from html import escape
from html.parser import HTMLParser

from tanos.inert import inert

_BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "center"})
_WITHIN = frozenset({"b", "strong", "i", "em", "u", "small"})
_ALONE = frozenset({"br", "hr"})
KEPT = _BLOCKS | _WITHIN | _ALONE
_SILENT = frozenset(
    {"script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math", "textarea", "select"}
)
"""Elements whose words are none for a reader."""
_AROUND = frozenset({"html", "head", "body", "meta", "link", "base"})
"""Nobody misses them."""
_DEEPEST = 16
_WHITE = re.compile(r"[ \t\r\n\f]+")
_TAG = re.compile(r"<(/?)([a-z0-9]+)>")
_NUL, _MARKED = "\0", "<!["
"""A marked section is no HTML, and the parser of the library gives up at some."""


class _Writer(HTMLParser):
    """Writes what it reads anew."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.left_out: dict[str, None] = {}
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element of the list; note any other, and attributes that do something."""
        if tag in _SILENT:
            self._silent.append(tag)
        if tag not in KEPT | _AROUND:
            self.left_out[tag] = None
        else:
            self.left_out |= {f"{tag} {name}": None for name, _ in attrs if name.startswith("on")}
        if tag in _ALONE:
            self._pieces.append(f"<{tag}>")
        elif tag in KEPT and not self._silent and len(self._open) < _DEEPEST:
            self._open.append(tag)
            self._pieces.append(f"<{tag}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take `<x/>` for `<x>`, as browsers do, where it is to stand alone."""
        if tag in _ALONE:
            self.handle_starttag(tag, attrs)
        elif tag not in KEPT | _AROUND:
            self.left_out[tag] = None

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those within it that are still open."""
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.pop()
            return
        while tag in self._open:
            last = self._open.pop()
            self._pieces.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        if self._silent:
            return
        if "pre" in self._open:
            lines = data.replace("\r\n", "\n").replace("\t", "    ").split("\n")
            self._pieces.append("<br>".join(_words(line) for line in lines))
            return
        words = _words(_WHITE.sub(" ", data))
        if self._pieces and self._pieces[-1].endswith(" "):  # before what was left out
            words = words.removeprefix(" ")
        if words:
            self._pieces.append(words)

    def written(self) -> str:
        """Return it whole."""
        self.close()
        return "".join((*self._pieces, *(f"</{tag}>" for tag in reversed(self._open)))).strip()


@lru_cache(maxsize=8)
def rewritten(source: str) -> tuple[str, tuple[str, ...]]:
    """Return some markup written anew, one line, and what was left out: elements, and what elements kept did."""
    writer = _Writer()
    writer.feed(source.replace(_NUL, "\ufffd").replace(_MARKED, "&lt;!["))
    return writer.written(), tuple(inert(name) for name in writer.left_out)


def lines_of(markup: str) -> list[str]:
    """Return the words of what was written anew, as lines for a terminal, none of them empty."""
    broken = _TAG.sub(lambda tag: "\n" if tag[2] in _BLOCKS | _ALONE else "", markup)
    plain = (_unescaped(line).strip() for line in broken.split("\n"))
    return [line for line in plain if line]


def _words(text: str) -> str:
    return escape(inert(text), quote=False)


def _unescaped(line: str) -> str:
    return line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
