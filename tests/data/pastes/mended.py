"""Forms that a clipboard, a mail or a screen made of a request, and that are taken nevertheless."""

import json
from collections.abc import Iterator

from tests.data.pastes.parts import (
    AROUND,
    BEGIN,
    BODY,
    END,
    LEAF,
    LIMIT,
    OTHER,
    REQUEST,
    TEXT,
    Form,
    Shelf,
    block,
    lines,
    pem,
)


def white_space() -> Iterator[Form]:
    shelf = Shelf()
    one = "".join(BODY)
    anew, inside, apart = "set lines anew", "removed spaces inside lines", "took the marker lines apart"
    indents = "removed indents"
    shelf.takes("plain", "as openssl writes it", TEXT)
    shelf.takes("crlf", "line ends of Windows", TEXT.replace("\n", "\r\n"))
    shelf.takes("cr-only", "Return as a raw terminal sends it", TEXT.replace("\n", "\r"))
    shelf.takes("no-final-newline", "the last line end is missing", TEXT.rstrip())
    shelf.takes("leading-blank-lines", "empty lines before and after", "\n\n  \n" + TEXT + "\n\n")
    shelf.takes(
        "trailing-spaces", "padded to column 80", lines(lambda line: line.ljust(80)), "removed spaces at line ends"
    )
    shelf.takes("wrapped-76", "MIME width", pem(REQUEST, one, 76), anew)
    shelf.takes("wrapped-80", "terminal width", pem(REQUEST, one, 80), anew)
    shelf.takes("wrapped-37", "a narrow window", pem(REQUEST, one, 37), anew)
    shelf.takes("wrapped-1000", "the body on one long line", pem(REQUEST, one, 1000), anew)
    shelf.takes("joined-by-spaces", "body lines joined by spaces", block(" ".join(BODY)), inside, anew)
    shelf.takes(
        "joined-and-indented",
        "the same, indented as a document prints it",
        lines(lambda line: "    " + line, block(" ".join(BODY))),
        indents,
        inside,
        anew,
    )
    shelf.takes("indented-4", "four spaces", lines(lambda line: "    " + line), indents)
    shelf.takes("indented-tab", "a tab", lines(lambda line: "\t" + line), indents)
    shelf.takes("tabs-between", "tabs inside lines", block(*(line.replace("A", "A\t", 1) for line in BODY)), inside)
    shelf.takes(
        "one-line-spaces", "all on one line", " ".join([BEGIN, *BODY, END]), indents, ENDS, inside, apart, anew
    )
    shelf.takes("one-line-glued", "all on one line without separators", BEGIN + one + END, apart, anew)
    shelf.takes(
        "blank-line-after-each",
        "every line followed by an empty one",
        TEXT.replace("\n", "\n\n"),
        "removed empty lines inside",
    )
    shelf.takes("line-separators", "U+2028 as line end", TEXT.replace("\n", "\u2028"))
    return iter(shelf.forms)


ENDS = "removed spaces at line ends"


def surroundings() -> Iterator[Form]:
    shelf = Shelf()
    prompt = "tanadmin@zs1:~$ cat reporting.csr\n"
    shelf.takes("prompt-around", "the shell's prompt before and after", prompt + TEXT + "tanadmin@zs1:~$ ", AROUND)
    talk = "Generating an EC private key\nwriting new private key to 'reporting.pvk'\n-----\n"
    shelf.takes(
        "openssl-talk", "what openssl says while it makes one", talk + TEXT + "\nPRIVATE KEY: none sent\n", AROUND
    )
    shelf.takes("text-before-begin", "CSR: on the marker's line", "CSR: " + TEXT, AROUND)
    shelf.takes("text-after-end", "a full stop after the END line", TEXT.rstrip() + " . done\n", AROUND)
    shelf.takes("new-label", "the older label", TEXT.replace(REQUEST, "NEW " + REQUEST))
    shelf.takes("mail-quoted", '"> " before every line', lines(lambda line: "> " + line), 'removed ">"')
    shelf.takes("mail-quoted-twice", '">> "', lines(lambda line: ">> " + line), 'removed ">"')
    shelf.takes("mail-quoted-spaced", '"> > "', lines(lambda line: "> > " + line), 'removed ">"')
    shelf.takes(
        "only-block-quoted",
        "a mail's introduction is not quoted, the block is",
        "On Monday an operator wrote:\n\n" + lines(lambda line: "> " + line),
        'removed ">"',
        AROUND,
    )
    shelf.takes("screen-frame", "| … | of a screen", lines(lambda line: f"| {line:<66} |"), "removed a frame")
    drawn = "┌" + "─" * 68 + "┐\n" + lines(lambda line: f"│ {line:<66} │") + "└" + "─" * 68 + "┘\n"
    shelf.takes("drawn-frame", "a frame of box characters", drawn, "removed a frame")
    dashed = "+" + "-" * 68 + "+\n" + lines(lambda line: f"| {line:<66} |") + "+" + "-" * 68 + "+\n"
    shelf.takes("ascii-frame", "a frame of + - |", dashed, "removed a frame")
    shelf.takes("twice-the-same", "the same block twice", TEXT + TEXT, "took once")
    shelf.takes("at-the-limit", "exactly 64 kB with blank lines before", TEXT.rjust(LIMIT, "\n"))
    shelf.refuses("over-the-limit", "one byte more than 64 kB", TEXT.rjust(LIMIT + 1, "\n"), "too-large")
    shelf.refuses("two-requests", "two different requests", TEXT + OTHER, "two-requests")
    shelf.refuses("request-and-certificate", "a request and a certificate", TEXT + LEAF, "wrong-block")
    return iter(shelf.forms)


def characters() -> Iterator[Form]:
    shelf = Shelf()
    mended, escaped = "mended dashes or spaces", 'replaced written-out "\\n"'
    invisible, spaces = "removed invisible characters", "replaced special spaces"
    shelf.takes(
        "paste-marks", "the terminal's paste marks", f"\x1b[200~{TEXT}\x1b[201~", "removed the terminal's paste"
    )
    shelf.takes("utf8-bom", "a byte order mark", b"\xef\xbb\xbf" + TEXT.encode(), "removed a byte order mark")
    shelf.takes("utf16-le", "Notepad's Unicode", b"\xff\xfe" + TEXT.encode("utf-16-le"), "read it as UTF-16")
    shelf.takes("utf16-be", "the other byte order", b"\xfe\xff" + TEXT.encode("utf-16-be"), "read it as UTF-16")
    shelf.takes("written-n", r"\n instead of line ends", TEXT.replace("\n", r"\n"), escaped, AROUND)
    shelf.takes("written-r-n", r"\r\n instead of line ends", TEXT.replace("\n", r"\r\n"), escaped, AROUND)
    shelf.takes("json-string", "a JSON string", json.dumps({"csr": TEXT}), escaped, AROUND)
    shelf.takes("em-dashes", "dashes made pretty in pairs", TEXT.replace("-----", "——-"), mended)
    shelf.takes("en-dashes", "en dashes", TEXT.replace("-----", "–" * 5), mended)
    shelf.takes("one-dash", "one long dash", TEXT.replace("-----", "—"), mended)
    shelf.takes("four-dashes", "one dash lost", TEXT.replace("-----", "----"), mended)
    shelf.takes("six-dashes", "one dash more", TEXT.replace("-----", "------"), mended, AROUND)
    shelf.takes("nbsp-in-label", "no-break space in the label", TEXT.replace(" ", "\u00a0"), spaces)
    shelf.takes("two-spaces-in-label", "a doubled space", TEXT.replace("E R", "E  R"), mended)
    shelf.takes(
        "nbsp-indent", "indented by no-break spaces", lines(lambda x: "\u00a0\u00a0" + x), spaces, "removed ind"
    )
    shelf.takes("windows-1252", "dashes and spaces of Windows-1252", WINDOWS, "read it as Windows", spaces, mended)
    for name, about, char in (
        ("zero-width-space", "zero-width spaces", "\u200b"),
        ("word-joiner", "word joiners", "\u2060"),
        ("soft-hyphen", "soft hyphens", "\u00ad"),
        ("bom-inside", "byte order marks inside", "\ufeff"),
        ("direction-marks", "left-to-right marks", "\u200e"),
    ):
        shelf.takes(name, about, block(*(line[:9] + char + line[9:] for line in BODY)), invisible)
    shelf.takes("invisible-in-label", "a zero-width space in the label", TEXT.replace(" R", " \u200bR"), invisible)
    shelf.takes("colours", "colour codes", lines(lambda x: f"\x1b[1;32m{x}\x1b[0m"), "removed terminal codes")
    shelf.takes(
        "screen-codes", "cursor and font codes", lines(lambda x: f"\x1b[K{x}\x1b(B\x1b[m"), "removed terminal"
    )
    shelf.takes("padding-lost", '"=" lost at the end', TEXT.replace("==", ""), 'restored "="')
    shelf.takes("padding-half-lost", 'one "=" lost', TEXT.replace("==", "="), 'restored "="')
    shelf.takes("broken-label", "a marker line broken in two", TEXT.replace(" REQUEST", "\nREQUEST"), mended)
    shelf.takes("quotes-around", "in quotation marks", f'"{TEXT.rstrip()}"', AROUND)
    return iter(shelf.forms)


WINDOWS = TEXT.replace("-----", "\x97\x97\x96").replace(" ", "\xa0").encode("latin-1")
