"""Names in a text: in order or with the family name first, with titles, initials, middle names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from engrammic.mentions.sounds import sounds_like
from engrammic.mentions.words import (
    TOKEN,
    Token,
    is_bounded,
    is_function_word,
    is_same,
    tokens,
)
from engrammic.patterns import lazy_pattern

MOST_WORDS = 12
_TITLES = """
mr mrs ms miss mister dr doctor prof professor sir madam lady lord dame herr frau hr fr rev
señor señora sr sra monsieur madame mme mlle don doña capt captain sgt sergeant
"""
TITLES = frozenset(_TITLES.split())
_LEGAL = "gmbh inc ltd llc llp ag sa plc corp kg se bv nv oy ab srl spa pty"
LEGAL = frozenset(_LEGAL.split())
"""The form of a company, which is mostly left out."""

_GAP = lazy_pattern(r"\.?\s{1,3}|[-_.·]|\s-\s")
_CALLED = lazy_pattern(r"\s+(?:\"[^\"]{1,40}\"|'[^']{1,40}'|\([^()]{1,40}\))\s+")
_COMMA = lazy_pattern(r",\s{1,2}")
_JOINED = lazy_pattern(r"[^\W_]+(?:_[^\W_]+)+|[A-Z\d]{2,}(?:-[A-Z\d]{2,})+")
_INITIALS = lazy_pattern(r"\s+((?:[^\W\d_]\.?\s?){1,2})\s+")


class Same(dict[str, int]):
    """Which of the wanted words a word of a text may be, as bits; learnt word by word."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.words = words

    def __missing__(self, word: str) -> int:
        bits = 0
        for n, wanted in enumerate(self.words):
            if is_same(wanted, word) or sounds_like(wanted, word):
                bits |= 1 << n
        if len(self) > 1 << 16:
            self.clear()
        self[word] = bits
        return bits


@dataclass(frozen=True, slots=True)
class Found:
    """A mention: where it stands, and the words between given and family name."""

    start: int
    end: int
    middle: str = ""


@dataclass(slots=True)
class Name:
    """The words of a name, first to last, without titles, middle initials and legal forms.

    One that is joined, `NOVA_EDGE`, is also `Nova Edge`, but not two words written small.
    """

    words: tuple[str, ...]
    middle: str = ""
    is_joined: bool = False
    same: Same = field(init=False)

    def __post_init__(self) -> None:
        self.same = Same(self.words)

    @property
    def is_personal(self) -> bool:
        """Whether it may be the name of a person: two or three words of letters alone."""
        return 2 <= len(self.words) <= 3 and all(w.isalpha() for w in map(_letters, self.words))

    @property
    def given(self) -> str:
        """The first word."""
        return self.words[0]

    @property
    def family(self) -> str:
        """The last word."""
        return self.words[-1]

    def touches(self, text: str) -> bool:
        """Whether any word of a text may be one of the name's."""
        same = self.same
        return any(same[word] for word in TOKEN.findall(text))

    def found(self, text: str) -> Iterator[Found]:
        """Where the whole name stands."""
        if not self.touches(text):
            return
        words = tokens(text)
        bits = [self.same[t.word] for t in words]
        for place, mask in enumerate(bits):
            if mask & 1:
                yield from self._in_order(text, words[place:], bits[place:])
            if mask >> (len(self.words) - 1) & 1 and len(self.words) > 1:
                yield from self._turned(text, words[place:], bits[place:])

    def _in_order(self, text: str, words: Sequence[Token], bits: Sequence[int]) -> Iterator[Found]:
        """The name from here on, if it stands here."""
        if len(self.words) == 1:
            if self._is_written(text, words[0]) and is_bounded(text, words[0].start, words[0].end):
                yield Found(words[0].start, words[0].end)
            return
        here, middle = 0, ""
        for n in range(1, len(self.words)):
            step, between = self._step(text, words, bits, here, n)
            if not step:
                return
            here, middle = here + step, middle or between
        if self.is_joined and not _is_joint(text, words[: here + 1]):
            return
        if is_bounded(text, words[0].start, words[here].end):
            yield Found(words[0].start, words[here].end, middle)

    def _step(
        self, text: str, words: Sequence[Token], bits: Sequence[int], here: int, n: int
    ) -> tuple[int, str]:
        """How many words on the next word of the name stands, and what lies between."""
        for step in (1, 2, 3):
            if here + step >= len(words):
                break
            if not bits[here + step] >> n & 1:
                continue
            gap = text[words[here].end : words[here + step].start]
            if step == 1 and _GAP.fullmatch(gap):
                return 1, ""
            if _CALLED.fullmatch(gap):
                return step, ""
            if initials := _INITIALS.fullmatch(gap):
                return step, initials[1].strip()
            name = words[here + 1]
            if step == 2 and name.is_capital and re.fullmatch(r"\s+\w[\w'-]*\s+", gap):
                return step, name.word
        return 0, ""

    def _turned(self, text: str, words: Sequence[Token], bits: Sequence[int]) -> Iterator[Found]:
        """The name from here on, family name first: with a comma, or in capitals."""
        count = len(self.words)
        if len(words) < count:
            return
        gap = text[words[0].end : words[1].start]
        shouted = words[0].word.isupper() and len(words[0].word) > 1 and not words[1].word.isupper()
        foreign = sounds_like(self.family, words[0].word)
        plainly = bool(_GAP.fullmatch(gap)) and (shouted or foreign)
        rest = all(bits[1 + n] >> n & 1 for n in range(count - 1))
        if rest and (_COMMA.fullmatch(gap) or plainly):
            last = words[count - 1]
            if is_bounded(text, words[0].start, last.end):
                yield Found(words[0].start, last.end)

    def _is_written(self, text: str, token: Token) -> bool:
        """Whether a single word is the name: `Rose` is not in `Prices rose`."""
        wanted = self.words[0]
        if not wanted[:1].isupper() or token.is_capital or token.word[:2] in ("d'", "l'"):
            return True
        return text == text.lower()


def _is_joint(text: str, words: Sequence[Token]) -> bool:
    """Whether words are written as one name: with a mark between them, or in capitals."""
    gaps = [text[a.end : b.start] for a, b in pairwise(words)]
    return all(gap and not gap.isspace() for gap in gaps) or all(w.is_capital for w in words)


def _letters(word: str) -> str:
    return re.sub(r"['\u0300-\u036f\u0900-\u0dff\u200c\u200d-]", "", word) or word


def name_of(subject: str) -> Name:
    """The name in a subject."""
    if turned := re.fullmatch(r"([^\W\d_][\w'-]*),\s+([^\W\d_][\w' .-]*)", subject):
        subject = f"{turned[2]} {turned[1]}"
    subject = _CALLED.sub(" ", subject)
    words = TOKEN.findall(subject)[:MOST_WORDS] or [subject]
    words = _without(words, lambda w: w.lower() in TITLES, first=True)
    if not is_joined(subject):
        words = _without(words, lambda w: w.lower() in LEGAL, first=False)
    middles = [w for w in words[1:-1] if len(w) == 1 and w.isupper()]
    kept = [w for n, w in enumerate(words) if not (0 < n < len(words) - 1 and w in middles)]
    return Name(tuple(kept), " ".join(middles), is_joined(subject))


def is_joined(subject: str) -> bool:
    """Whether a name is written as one word with marks in it: `nova_edge`, `NOVA-EDGE`."""
    return _JOINED.fullmatch(subject.strip()) is not None


def _without(words: list[str], is_extra: Callable[[str], bool], *, first: bool) -> list[str]:
    """The words without those at an end that are extra, as long as something telling is left."""
    found = list(words)
    while len(found) > 1 and is_extra(found[0 if first else -1]):
        found.pop(0 if first else -1)
    return found if any(not is_function_word(w) for w in found) else list(words)
