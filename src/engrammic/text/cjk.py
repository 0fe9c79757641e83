"""Scripts written without spaces, and the characters and bigrams that stand for their words."""

from __future__ import annotations

from itertools import pairwise

from engrammic.patterns import lazy_pattern

UNSPACED = (
    "\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han, kana
    "\U00020000-\U0003ffff"  # Han, supplementary planes
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"  # hangul
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
)
"""The inside of a regular-expression character class."""

# Single kana and Thai letters are no words, Han characters and Hangul syllables are.
_WORDLIKE = lazy_pattern("[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]")


def grams(run: str) -> list[str]:
    """The bigrams of a run, then its characters that are words by themselves."""
    return bigrams(run) if len(run) < 2 else [*bigrams(run), *_WORDLIKE.findall(run)]


def bigrams(run: str) -> list[str]:
    """Every two neighbouring characters of a run; a single character is its own term."""
    return [run] if len(run) < 2 else [a + b for a, b in pairwise(run)]
