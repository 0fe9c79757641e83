"""How the letters of Arabic, Persian and Hebrew are written in Latin."""

from __future__ import annotations

import re

_SOUNDS = """
ا [ae]h?|أ [aeiou]|إ [aei]|آ a+|ء |ئ [aeiouy]*|ؤ [aeiouw]*|ب [bp]|ت t|ث (?:th|s|t)|ج (?:dj|j|g)
ح k?h|خ (?:kh|h|x|ch)|د d|ذ (?:dh|z|d)|ر r|ز z|س s|ش (?:sh|sch|ch)|ص s|ض (?:dh|d|z)|ط t|ظ (?:dh|z)
ع |غ gh?|ف (?:f|ph)|ق [qkgc]|ك (?:ck|[kcq])|ک (?:ck|[kcq])|ل l|م m|ن n|ه h?|ة t?h?|ى a
و (?:[wv]|[ou]+)|ي (?:[yij]|e+|[ae][iy])|ی (?:[yij]|e+|[ae][iy])|پ p|چ t?ch|گ g|ژ (?:zh|j)
א |ב (?:bh|[bv])|ג [gj]|ד d|ה h?|ו (?:[vw]|[ou]+)|ז [zs]|ח (?:ch|kh|h)|ט t|י (?:[yij]|e+|[ae][iy])
כ (?:kh|ch|[kc])|ך (?:kh|ch|[kc])|ל l|מ m|ם m|נ n|ן n|ס s|ע |פ (?:ph|[pf])|ף (?:ph|[pf])
צ (?:ts|tz|[zc])|ץ (?:ts|tz|[zc])|ק [kqc]|ר r|ש (?:sch|sh|s)|ת th?
"""


def _spellings(sound: str) -> str:
    """A pattern of a letter; a consonant may be doubled."""
    if not sound or sound.endswith(("*", "+", "?")) or "+" in sound:
        return sound
    return f"(?:{sound}){{1,2}}"


LETTERS = {
    entry[0]: _spellings(entry[2:])
    for line in _SOUNDS.strip().splitlines()
    for entry in re.split(r"\|(?=[\u0590-\u06ff] )", line)
}
"""A pattern of the Latin spellings of each letter; short vowels are not written."""
