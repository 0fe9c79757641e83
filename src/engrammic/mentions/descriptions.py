"""What a description names: identifiers and names in it, and the words that say which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engrammic.mentions.dates import dates
from engrammic.mentions.plain import plain, script
from engrammic.mentions.words import is_function_word
from engrammic.text import terms
from engrammic.text.stems import STOP_TERMS, stem

_RECORDS = """
account accounts data detail details dossier entries entry everything fact facts file files
history info information item items log logs memories memory name note notes number numbers
profile record records value id identifier ids
"""
RECORDS = frozenset(_RECORDS.split())
"""Words that stand for what is stored, whatever it is."""
_ROLES = """
applicant client colleague contact contractor customer employee guest member owner patient
partner person personal student subscriber supplier tenant user vendor visitor
"""
ROLES = frozenset(_ROLES.split())
"""Words for somebody of whom records are kept; many are one."""
SEPARATORS = frozenset(["/", "|", "=", "aka", "a.k.a.", "alias", "or", "also", "formerly", "née"])
PARTICLES = frozenset(["van", "von", "de", "der", "den", "da", "di", "du", "la", "le", "of", "bin"])
FEWEST_DIGITS, FEWEST_GROUPED = 4, 7
"""Figures of a number that names one thing by itself, at least; and of one in groups."""

_NUMBER = re.compile(r"(?<!\S)[+(]?\d[\d().-]*(?:\s[(]?\d[\d().-]*)+(?!\S)")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_ENDS = "\"'“”‘’`()[]{}<>,;:!?"
_OWNING = re.compile(r"(?<=\w)['’]s$|(?<=s)['’]$")
_PAIR = re.compile(r"[^\W\d_]+/[^\W\d_]+")
_ADDRESS = re.compile(r"\w@\w|^@\w|\w@$|://|\\|_|^[/~]\w|/\S*[/.\d]|^#\w|^www\.")
_HOST = re.compile(r"^(?:[\w-]+\.)+[^\W\d_]{2,}$")
_LETTERS = re.compile(r"[^\W\d_]")
_TELLING = re.compile(r"[^\W_](?:[\w'-]*[^\W_])?")


@dataclass(frozen=True, slots=True)
class Description:
    """A description in parts, each as it stands in the text.

    An identifier is one thing's alone; a day is many things'. `which` are the terms of the
    other words, less those that only stand for a record or for somebody. `one_of_several`
    says that spellings of one name are given, as in "Tanaka Taro / 田中太郎".
    """

    identifiers: tuple[str, ...]
    days: tuple[str, ...]
    names: tuple[str, ...]
    which: frozenset[str]
    one_of_several: bool


def described(text: str) -> Description:
    """The parts of a description, "Ada Byron's phone", "API key sk-12ab" or "order 2024-01-31"."""
    left = plain(text)
    dated = dates(left)
    grouped = [n for n in _NUMBER.findall(left) if sum(c.isdigit() for c in n) >= FEWEST_GROUPED]
    for taken in (*dated, *grouped):
        left = left.replace(taken, " / ")
    said = [part for word in left.split() for part in _split(word)]
    sure = [word for word in said if is_identifier(word)]
    runs = list(_runs(["/" if word in sure else word for word in said]))
    named = {*sure, *(word for run in runs for word in run)}
    rest = [w for w in said if w not in named and w.lower() not in RECORDS | ROLES | SEPARATORS]
    scripts = {_script(run) for run in runs}
    return Description(
        identifiers=(*sure, *grouped),
        days=tuple(dated),
        names=tuple(" ".join(run) for run in runs),
        which=frozenset(t for w in rest for t in terms(w)) - STOP_TERMS,
        one_of_several=len(runs) > 1 and (len(scripts) > 1 or any(map(is_separator, said))),
    )


def is_identifier(word: str) -> bool:
    """Whether a word names one thing by its form: an address, a path, a code, a long number."""
    if _ADDRESS.search(word) or _HOST.match(word):
        return True
    figures = 0 if _YEAR.match(word) else sum(c.isdigit() for c in word)
    return figures >= FEWEST_DIGITS or bool(figures and _LETTERS.search(word) and len(word) > 3)


def is_separator(word: str) -> bool:
    """Whether a word stands between two spellings of the same."""
    return word.lower() in SEPARATORS


def telling_words(text: str) -> frozenset[str]:
    """The stems of the words that tell something; what is joined by hyphens is one word."""
    words = [w for w in _TELLING.findall(plain(text)) if not is_function_word(w)]
    return frozenset(stem(_OWNING.sub("", w).lower()) for w in words)


def _split(word: str) -> list[str]:
    """A word without what encloses it; two words where a slash stands for "or"."""
    bare = word.strip(_ENDS) or word
    bare = _OWNING.sub("", bare.rstrip(".") or bare)
    return bare.split("/") if _PAIR.fullmatch(bare) else [bare]


def _runs(words: list[str]) -> Iterator[list[str]]:
    """Runs of capitalised words in one script: what may be a name."""
    run: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        joins = bool(run) and word in PARTICLES and _is_named(following)
        if joins or _is_named(word):
            if run and not joins and _script(run) != script(word[0]):
                yield run
                run = []
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _is_named(word: str) -> bool:
    """Whether a word may be part of a name: a capital, or of a script that has none."""
    if not word or not word[0].isalpha() or word.lower() in RECORDS | ROLES:
        return False
    return not word[0].islower() and not is_function_word(word)


def _script(run: list[str]) -> str:
    return script(run[0][0])
