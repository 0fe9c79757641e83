"""What a description names: identifiers and names in it, and the words that say which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from engrammic.mentions.dates import dates
from engrammic.mentions.plain import alphanumeric, plain, script
from engrammic.mentions.words import is_function_word
from engrammic.patterns import lazy_pattern
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
_SEPARATORS = "/ | = & and or aka a.k.a alias also formerly née"
SEPARATORS = frozenset(_SEPARATORS.split())
"""What stands between two spellings of one, or between two that are meant together."""
PARTICLES = frozenset(["van", "von", "de", "der", "den", "da", "di", "du", "la", "le", "of", "bin"])
FEWEST_DIGITS, FEWEST_BESIDE_LETTERS, FEWEST_GROUPED = 4, 3, 7
"""Figures that name one thing by themselves, at least: alone, beside letters, in groups."""

LONG = 8
"""Letters and figures of a code that is one thing's alone, at least."""

_NUMBER = lazy_pattern(r"(?<!\S)[+(]?\d[\d().-]*(?:\s[(]?\d[\d().-]*)+(?!\S)")
_GROUPS = lazy_pattern(r"(?<!\S)(?=\S*\d)[A-Z\d]{1,6}(?:\s(?=\S*\d)[A-Z\d]{1,6}){2,}(?!\S)")
_YEAR = lazy_pattern(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ENDS = "\"'“”‘’`<>;:!?"
_OWNING = lazy_pattern(r"(?<=\w)['’]s$|(?<=s)['’]$")
_PAIR = lazy_pattern(r"[^\W\d_]+/[^\W\d_]+")
_ADDRESS = lazy_pattern(r"\w@\w|^@\w|\w@$|://|\\|_|^[/~]\w|/\S*[/.\d]|^#\w|^www\.")
_CAPITALS = lazy_pattern(r"[A-Z]{2,}(?:[-_][A-Z]{2,})+$")
_CAMEL = lazy_pattern(r"[a-z]{2,}(?:[A-Z][a-z]+)+$")
_LABEL = lazy_pattern(r"[A-Z]{2,}$")
_BRACKET = lazy_pattern(r"[()\[\]{}]")
_DIGIT = lazy_pattern(r"\d")
_HOST = lazy_pattern(r"^(?:[\w-]+\.)+[^\W\d_]{2,}$")
_LETTERS = lazy_pattern(r"[^\W\d_]")
_TELLING = lazy_pattern(r"[^\W_](?:[\w'-]*[^\W_])?")


@dataclass(frozen=True, slots=True)
class Description:
    """A description in parts, each as it stands in the text.

    An identifier is one thing's alone; a short code ("COVID-19") or a day may be many
    things'. `which` are the terms of the other words, less those that only stand for a
    record or for somebody; `of_record` says that a record is named ("medical record"),
    `one_of_several` that spellings of one name are given ("Tanaka Taro / 田中太郎").
    """

    identifiers: tuple[str, ...]
    codes: tuple[str, ...]
    days: tuple[str, ...]
    names: tuple[str, ...]
    which: frozenset[str]
    of_record: bool
    one_of_several: bool


def described(text: str) -> Description:
    """The parts of a description, "Ada Byron's phone", "API key sk-12ab" or "order 2024-01-31"."""
    left = plain(text)
    dated = dates(left)
    groups = [*_GROUPS.findall(left), *_NUMBER.findall(left)]
    grouped = [g for g in groups if len(_DIGIT.findall(g)) >= FEWEST_GROUPED and g in left]
    for taken in (*dated, *grouped):
        left = left.replace(taken, " , ")
    said = [part for word in _BRACKET.sub(" / ", left).split() for part in _split(word)]
    forms = [word for word, following in pairwise([*said, ""]) if is_code(word, following)]
    runs = list(_runs(["," if word in forms else word for word in said]))
    if forms or grouped:
        runs = [run for run in runs if not _LABEL.match(" ".join(run))]
    named = {*forms, *(word for run in runs for word in run)}
    rest = [w for w in said if w not in named and w.lower() not in RECORDS | ROLES | SEPARATORS]
    several = len(forms) + len(runs) > 1 and any(map(is_separator, said))
    return Description(
        identifiers=(*filter(is_identifier, forms), *grouped),
        codes=tuple(word for word in forms if not is_identifier(word)),
        days=tuple(dated),
        names=tuple(name.rstrip(",") for run in runs for name in _names(run)),
        which=frozenset(t for w in rest for t in terms(w)) - STOP_TERMS,
        of_record=any(w.lower() in RECORDS for w in said),
        one_of_several=several or len({_script(run) for run in runs}) > 1,
    )


def is_code(word: str, following: str = "") -> bool:
    """Whether a word is an address, a path, a code or a long number by its form.

    `case_id` is none in front of 12345: there it only says of what the number is.
    """
    if "_" in word and not _DIGIT.search(word) and _DIGIT.search(following):
        return False
    if is_identifier(word) or _CAPITALS.match(word) or _CAMEL.match(word):
        return True
    return len(word) > 3 and bool(_DIGIT.search(word) and _LETTERS.search(word))


def is_identifier(word: str) -> bool:
    """Whether a word is one thing's alone by its form.

    An address, a path; three figures beside letters, four without; or a code of eight
    letters and figures. A year by itself, or beside letters, counts for nothing.
    """
    if _ADDRESS.search(word) or _HOST.match(word):
        return True
    if not _LETTERS.search(word):
        return len(_DIGIT.findall(word)) >= FEWEST_DIGITS and not _YEAR.fullmatch(word)
    figures = len(_DIGIT.findall(_YEAR.sub("", word)))
    formed = figures or _CAPITALS.match(word) or _CAMEL.match(word)
    return figures >= FEWEST_BESIDE_LETTERS or bool(formed and len(alphanumeric(word)) >= LONG)


def is_separator(word: str) -> bool:
    """Whether a word stands between two spellings of the same."""
    return word.lower() in SEPARATORS


def telling_words(text: str) -> list[str]:
    """The stems of the words that tell something, in order; what hyphens join is one word."""
    words = [w for w in _TELLING.findall(plain(text)) if not is_function_word(w)]
    return [stem(_OWNING.sub("", w).lower()) for w in words]


def _split(word: str) -> list[str]:
    """A word without what encloses it; two words where a slash stands for "or"."""
    bare = word.strip(_ENDS) or word
    if not (bare.endswith(",") and _is_named(bare)):  # "Byron, Ada" is one name
        bare = bare.strip(",") or bare
    bare = _OWNING.sub("", bare.rstrip(".") or bare)
    bare = bare.lstrip("#") if is_identifier(bare.lstrip("#")) else bare
    return bare.replace("/", " / ").split() if _PAIR.fullmatch(bare) else [bare]


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


def _names(run: list[str]) -> list[str]:
    """The names in a run: one, be it "Byron, Ada", or those between the commas."""
    if len(run) == 2 and run[0].endswith(","):
        return [" ".join(run)]
    return [name for name in " ".join(run).split(", ") if name.strip(",")]


def _is_named(word: str) -> bool:
    """Whether a word may be part of a name: a capital, or of a script that has none."""
    if not word or not word[0].isalpha() or word.lower() in RECORDS | ROLES:
        return False
    return not word[0].islower() and not is_function_word(word)


def _script(run: list[str]) -> str:
    return script(run[0][0])
