"""Names in Han characters and in Hangul, found by themselves and in Latin letters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from anyascii import anyascii

from engrammic.mentions.plain import without_accents
from engrammic.patterns import lazy_pattern

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_HANGUL = "\uac00-\ud7a3"
_KANA = "\u3040-\u30ff"
_RUN = lazy_pattern(f"[{_HAN}]+|[{_HANGUL}]+")
_NAME = lazy_pattern(
    f"(?:[{_HAN}]{{2,4}}|[{_HANGUL}]\\s?[{_HANGUL}]{{1,3}}|[{_KANA}{_HAN}ー]{{2,12}})$"
)
_BEGINNING = (
    "的了是在说說和与與跟对對给給有也都要去来來就不会會把被向从從到住想喜叫问問告让讓请請将將以已正还還"
    "只很吗嗎呢吧啊先女老同及或等又才为為"
)
_HAN_AFTER = f"(?![{_HAN}])|(?=[{_BEGINNING}])"
"""What follows a short name: no other character, or one that begins a verb or a particle."""
_KOREAN_TITLES = "씨|님|군|양|교수|선생|박사|과장|부장|대리|팀장"
_PARTICLES = (
    "은|는|이|가|을|를|의|와|과|도|에게|한테|께|께서|에|로|으로|랑|이랑|만|부터|까지|라는|이라는"
)
_KOREAN_AFTER = f"(?=(?:{_KOREAN_TITLES})?(?:{_PARTICLES})?(?![{_HANGUL}]))"
_KANA_AFTER = f"(?![{_KANA}ー])|(?=さん|様|氏|君|くん|ちゃん|は|が|を|に|の|と|も|へ|で|から|まで)"
_LEADS = (
    "gg|kk|g|k", "kk|gg|k", "n", "d|t", "tt|dd", "r|l", "m", "b|p|v", "pp|bb", "s|sh", "ss|s",
    "", "j|ch", "jj|tch", "ch|tch", "k", "t", "p", "h",
)  # fmt: skip
_MIDDLES = (
    "a|ah", "ae|e|ai", "ya", "yae", "eo|u|o", "e", "yeo|you|yu|yo", "ye", "o|oh", "wa", "wae", "oe",
    "yo", "u|oo|woo|ou", "wo|weo", "we", "wi", "yu|yoo|you", "eu|u", "ui|eui|i|ee", "i|ee|y|yi",
)  # fmt: skip
_TAILS = (
    "", "k|g", "k", "k", "n", "n", "n", "t|d", "l|r", "k", "m", "l", "l", "l", "p", "l", "m",
    "p|b", "p", "t|s", "t", "ng", "t", "t", "k", "t", "p", "t",
)  # fmt: skip
_OPEN_EO = "eo|uh"
_FAMILIES = {"이": "lee|yi|rhee|i", "박": "park|bak|pak", "최": "choi|choe", "김": "kim|gim",
             "노": "noh?|roh", "임": "lim|im|yim|rim", "유": "yoo|yu|you|ryu", "류": "ryu|yoo|yu",
             "정": "jung|chung|jeong|joung", "조": "cho|jo", "오": "oh|o",
             "우": "woo|u"}  # fmt: skip
"""Family names that are mostly romanised in a way of their own."""


def syllabic(subject: str) -> Callable[[str], bool] | None:
    """What finds a name in Han or Hangul, or a Latin one in these scripts; else None."""
    if _NAME.match(subject):
        return _native(subject.replace(" ", ""))
    words = re.findall(r"[a-z]+", without_accents(subject).replace("'", ""))
    if not subject[:1].isascii() or not 2 <= len(words) <= 3:
        return None
    latin = frozenset(("".join(words), "".join((words[-1], *words[:-1]))))
    return lambda text: (
        not text.isascii() and any(_is_in_run(latin, run) for run in _RUN.findall(text))
    )


def _native(name: str) -> Callable[[str], bool]:
    own = re.compile(f"(?:{re.escape(name)})(?:{_after(name)})")
    spelt = _latin(name)
    if spelt is None:
        return lambda text: own.search(text) is not None
    first, rest = f"(?:{spelt[0]})", r"[\s'-]?".join(f"(?:{s})" for s in spelt[1:])
    foreign = re.compile(
        rf"(?<![\w-])(?:{first}[\s,]{{1,2}}{rest}|{rest},?[\s]{first})(?![\w-])", re.IGNORECASE
    )
    return lambda text: (
        own.search(text) is not None or foreign.search(without_accents(text)) is not None
    )


def _after(name: str) -> str:
    """What may follow the name without making a longer one of it."""
    if re.match(f"[{_HANGUL}]", name):
        return _KOREAN_AFTER
    if re.search(f"[{_KANA}]$", name):
        return _KANA_AFTER
    return _HAN_AFTER if len(name) < 3 else ""


@lru_cache(maxsize=1 << 12)
def _latin(name: str) -> tuple[str, ...] | None:
    """A pattern for each syllable, or None where a character has no sound of its own."""
    if re.search(f"[{_KANA}]", name):
        return None
    if re.match(f"[{_HANGUL}]", name):
        return (_FAMILIES.get(name[0]) or _syllable(name[0]), *map(_syllable, name[1:]))
    found = tuple(re.sub("[^a-z]", "", anyascii(c).lower()) for c in name)
    return found if all(found) else None


def _syllable(char: str) -> str:
    """The romanisations of one syllable of Hangul."""
    place = ord(char) - 0xAC00
    lead, middle, tail = place // 588, place % 588 // 28, place % 28
    vowel = _OPEN_EO if middle == 4 and not tail else _MIDDLES[middle]
    return f"(?:{_LEADS[lead]})(?:{vowel})(?:{_TAILS[tail]})"


def _is_in_run(latin: frozenset[str], run: str) -> bool:
    """Whether some characters of a run, one behind the other, sound like the whole name."""
    return any(
        _sounds(latin, run[start : start + length])
        for start in range(len(run) - 1)
        for length in (2, 3, 4)
        if start + length <= len(run)
    )


@lru_cache(maxsize=1 << 15)
def _sounds(latin: frozenset[str], name: str) -> bool:
    spelt = _latin(name)
    if spelt is None:
        return False
    if name[0] < "가":
        return "".join(spelt) in latin
    pattern = re.compile("".join(f"(?:{s})" for s in spelt))
    return any(pattern.fullmatch(word) for word in latin)
