"""Text to terms: words stemmed, identifiers whole and split, CJK as characters and bigrams."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import chain
from unicodedata import category, normalize

from engrammic.text.cjk import UNSPACED, bigrams, grams
from engrammic.text.identifiers import parts
from engrammic.text.stems import STOP_TERMS, stem

MAX_LENGTH = 64
"""The longest term, in characters; a longer one ends in a hash of itself."""

MAX_QUERY_TERMS = 256
"""How many different terms of a query are searched for."""

_EDGES = "".join(chr(c) for c in range(33, 127) if not chr(c).isalnum() and chr(c) not in "+#")
_WORD = rf"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f{UNSPACED}]"
_JOINT = r"(?:_+|::?|[-./\\@&'])"
_PIECE = re.compile(
    rf"(?P<run>[{UNSPACED}]+)"
    r"|(?P<url>[A-Za-z][A-Za-z0-9+.-]{1,31}://"
    r"[\x21\x23-\x26\x2a-\x3b\x3d\x3f-\x5a\x5f\x61-\x7a\x7e]+)"
    rf"|(?P<name>{_WORD}+(?:{_JOINT}{_WORD}+)*)(?P<mark>[+#]*)"
)
_SECTION = re.compile(rf"(?:{_WORD}|_)+")
_CONTRACTION = re.compile(rf"{_WORD}+'{_WORD}{{1,2}}$")
_ACCENTS = re.compile("[\u0300-\u036f]+")


class _Memo(dict[str, tuple[str, ...]]):
    """Terms of the words met so far; emptied when full, so that memory stays bounded."""

    SIZE = 1 << 15
    WIDTH = 32  # longer words rarely come back

    def __missing__(self, word: str) -> tuple[str, ...]:
        found = tuple(_analyse(word, grams))
        if len(word) <= self.WIDTH:
            if len(self) >= self.SIZE:
                self.clear()
            self[word] = found
        return found


class _Spaced(dict[str, str]):
    """As `_Memo`, the terms as one text with a space before each."""

    def __missing__(self, word: str) -> str:
        found = "".join([f" {term}" for term in _memo[word]])
        if len(word) <= _Memo.WIDTH:
            if len(self) >= _Memo.SIZE:
                self.clear()
            self[word] = found
        return found


_memo = _Memo()
_spaced = _Spaced()


def terms(text: str) -> list[str]:
    """The terms of a text in reading order, function words and repetitions included.

    A term holds no white space, NUL or upper-case letter and is at most
    MAX_LENGTH characters long; it may hold ASCII punctuation. Equal for texts
    that differ in composition, case or Latin accents only.
    """
    return list(chain.from_iterable(map(_memo.__getitem__, _words(text))))


def joined(text: str) -> str:
    """The terms of a text, joined by spaces: at once, since that is how they are stored."""
    return "".join(map(_spaced.__getitem__, _words(text)))[1:]


def telling(text: str) -> frozenset[str]:
    """The terms of a text that tell it from others: no function words."""
    return frozenset(terms(text)) - STOP_TERMS


def query_terms(text: str) -> list[str]:
    """The different terms to search for, at most MAX_QUERY_TERMS, in reading order.

    Function words are left out unless the text consists of them. A CJK run asks
    for its bigrams alone; its characters are terms for who asks for one.
    """
    found = dict.fromkeys(chain.from_iterable(map(_asked, _words(text))))
    chosen = [t for t in found if t not in STOP_TERMS]
    return (chosen or list(found))[:MAX_QUERY_TERMS]


def _asked(word: str) -> Sequence[str]:
    return _memo[word] if word.isascii() else _analyse(word, bigrams)


def _words(text: str) -> list[str]:
    return (text if text.isascii() else _plain(text)).split()


def _plain(text: str) -> str:
    """The text in NFKC without Latin accents, with only word characters left beyond ASCII."""
    text = normalize("NFKC", _ACCENTS.sub("", normalize("NFKD", text)))
    table = {ord(c): _replacement(c) for c in set(text) if not (c.isascii() or c.isalnum())}
    return text.translate(table)


def _replacement(char: str) -> str:
    if char in "\u2018\u2019\u02bc":
        return "'"
    kind = category(char)
    if kind[0] == "M" and not "\ufe00" <= char <= "\ufe0f":
        return char
    joins = "\ufe00" <= char <= "\ufe0f" or (kind == "Cf" and char != "\u200b")
    return "" if joins else " "


def _analyse(word: str, of_run: Callable[[str], list[str]]) -> list[str]:
    """The terms of a text without white space; `of_run` gives those of a CJK run."""
    bare = word.strip(_EDGES)
    if bare.isascii() and bare.isalpha() and (bare[1:].islower() or len(bare) == 1):
        return [_bounded(stem(bare.lower()))]
    found: list[str] = []
    for piece in _PIECE.finditer(word):
        if piece["run"]:
            found += of_run(piece["run"])
        elif piece["url"]:
            found += _compound(piece["url"].rstrip(".,:;!?/*_-"), "")
        else:
            found += _name(piece["name"], piece["mark"])
    return [_bounded(t) for t in found if t]


def _name(name: str, mark: str) -> list[str]:
    if name[-2:] in ("'s", "'S"):
        name = name[:-2]
    if _CONTRACTION.match(name):
        return [stem(name.casefold())]
    return _compound(name, mark)


def _compound(whole: str, mark: str) -> list[str]:
    """A name as it is, then its sections, then the words of each."""
    sections = _SECTION.findall(whole)
    found = [] if [whole] == sections and not mark else [(whole + mark).casefold()]
    for section in sections:
        words = parts(section)
        if words:
            whole = section.casefold()
            # As a query in lower case has it: "getusername" is a word, and stemmed.
            found += [stem(whole) if whole.isalpha() else whole]
            found += [stem(w.casefold()) for w in words]
        else:
            found.append(stem(section.casefold()))
    return found


def _bounded(term: str) -> str:
    if len(term) <= MAX_LENGTH:
        return term
    digest = blake2b(term.encode(), digest_size=8).hexdigest()
    return term[: MAX_LENGTH - len(digest)] + digest


_PROBE = (
    "Generously skis dying news inning proceeds congresses communism arsenal evening's don't "
    "authentication organisations relational hopefulness happily knightly sensational fluently "
    "v2.4.7-hotfix getUserName HTTPServer2 snake_case src/main.rs a::b C++ bob@example.com URLs "
    "https://example.org/a?b=c 3f2a9bc1d04e5f60718293a4b5c6d7e8f9001122 1,000 STRASSE Straße "
    "café ﬁn 東京タワー 한국어 ภาษาไทย हिन्दी l'homme l’eau x\u00ady ❤\ufe0f " + "long" * 20
)
FINGERPRINT = "terms-1-" + blake2b("\n".join(terms(_PROBE)).encode(), digest_size=8).hexdigest()
"""Names the analyser's output; another value means that stored terms must be made anew."""
