"""How much of a password anybody could guess who knows the habits of people.

Invariant: judged by pattern, not by a list of what others once chose: well-known words, rows and columns of keys,
counting, repeating and years are taken out, however they are spelled in digits and signs; what is left has to be long
enough to be worth guessing. A list of leaked passwords is data that ages; this is not one.
"""

import re

LEAST_LEFT = 5
"""Characters of which nothing is known."""
_SPELLED = str.maketrans("@4831!|0$5+79", "aabeiiiossttg")
"""Digits and signs that stand for letters."""
_WELL_KNOWN = """
password passwort passwd passphrase secret geheim welcome willkommen letmein login admin administrator root
user guest default changeme change initial temp test demo master super system server appliance console tanium
tanos company office hello iloveyou love dragon monkey football baseball soccer princess sunshine shadow
batman starwars trustno summer winter spring autumn sommer herbst january february march april june july
august september october november december monday tuesday wednesday thursday friday saturday sunday
"""
_WORDS = sorted(_WELL_KNOWN.split(), key=len, reverse=True)
_ROWS = ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "1234567890", "!@#$%^&*()")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "!qaz", "@wsx", "#edc")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SIGN = re.compile(r"[\W_]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_REPEATED = re.compile(r"(.{1,4}?)\1{2,}")
_SHORTEST_WALK = 4
_FEWEST_KINDS = 3


def is_guessable(text: str) -> bool:
    """Say whether next to nothing is left of a password once what is well known is taken out."""
    return len(_left(text.casefold())) < LEAST_LEFT


def _left(text: str) -> str:
    for walk in _walks():
        text = text.replace(walk, "\0")
    text = _REPEATED.sub("\0", _YEAR.sub("\0", text))
    spelled = text.translate(_SPELLED)
    for word in _WORDS:
        start = spelled.find(word)
        while start >= 0:
            spelled = spelled[:start] + "\0" * len(word) + spelled[start + len(word) :]
            text = text[:start] + "\0" * len(word) + text[start + len(word) :]
            start = spelled.find(word)
    kept = _SIGN.sub("", text.replace("\0", ""))
    return kept if len(set(kept)) >= _FEWEST_KINDS else ""


def _walks() -> list[str]:
    """Return runs of neighbouring keys and of letters, both ways, the longest first."""
    found = set()
    for run, shortest in (*((row, _SHORTEST_WALK) for row in (*_ROWS, *_COLUMNS)), (_LETTERS, _SHORTEST_WALK)):
        for way in (run, run[::-1]):
            for length in range(shortest, len(way) + 1):
                found |= {way[start : start + length] for start in range(len(way) - length + 1)}
    found |= {"123", "321", "abc", "cba", "111", "000"}
    return sorted(found, key=len, reverse=True)
