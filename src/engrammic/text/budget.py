"""How many tokens a text takes at most, counted without a tokenizer."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from engrammic.patterns import lazy_pattern
from engrammic.text.stems import STOP_WORDS


def _pairs(rows: str) -> frozenset[str]:
    return frozenset(row[0] + after for row in rows.split() for after in row[2:])


OPENING_PAIRS = _pairs("""
a:abcdefghijklmnoprstuvwxz b:abcefiknoprstuy c:abcdefhiklmnoprstuvwy d:abcdehijloqrstu
e:acdehklmnprstuvx f:acefiklmrtux g:abeimoprstu h:acdeikmopqrsuz i:abcdefiklmnopqrstvx
j:acdeijopru k:abcegimnosuvwy l:abcdeiloptu m:abcdegiklmnoprstuvwxy n:aceghijklmoprstuwyz
o:bfghklmnprstuwxz p:acdeghilmoprstuv q:bciu r:abcdefimnoqrstuvy s:abcdefghiklmopqrstuvwy
t:abcdehinoqrstuvxy u:acdhiklmnprstv v:aceioprstu w:abceioru x:ilpuvx y:adeiou z:aeu
""")
"""Two letters at the start of a word that the WordPiece vocabulary of English BERT holds."""

INNER_PAIRS = _pairs("""
a:abcdefghijklmnopqrstuvwxyz b:abcefhilmnorstuy c:abcdehiklmoprstuyz d:abcdefhilmoprstuy
e:abcdefghijklmnoprstuvwxyz f:abcefiklmoprstuy g:abcefghilmnoprstuy h:acdeghilmnoprstuy
i:abcdefghijklmnopqrstuvxyz j:aeikmnosu k:aehikmorstuy l:abcdefiklmnoprstuyz
m:abcdegilmopstuxy n:abcdeghiklnoprstuxyz o:abcdefghijklmnoprstuvwxyz p:acdefghilmoprstuwy
q:aiu r:abcdefghiklmnoprstuyz s:abcdefghiklmoprstuwyz t:acefhilmoprstuvyz
u:abcdefghijklmnoprstwxyz v:abcdeinorsuy w:acdegiklnorstuy x:aitxy y:adeiklmnoprstux
z:adehiouyz
""")
"""Two letters inside of a word that the same vocabulary holds."""

WHOLE_WORDS = STOP_WORDS.union(
    """
first also time said like back made school years world well three year later city around used
state people part know many second university national known even head didn team american born
united film since still long work south became high family right eyes house season states
including took life north called name much place however four group another found area going
away series left home music best make hand number company several never last john album take
good following released game played little began district want side held early county league
west face think government march came small general town june line based something september
thought looked along international july club went january october august april york east show
member college father public come five station church next former november room party located
december system love though every look song water century without body black night within great
women single building large population river named band white started service built british open
death king moved local times children february book door need president order final road wasn
although major died village third knew asked turned wanted together received main served
different behind felt members power football voice play near park history mother army point
front help english street late hands games award young published country division across told
often ever french london center days include light find tell among species really according
central half form original gave office making enough lost full opened must included live given
german player business woman community might million land court development short round seen
class story always become sure research almost director council career things using island
couldn close force better free support control field students education married nothing worked
others record inside level anything continued give james military established returned feel
title written thing feet william association hard already championship human western department
hall role various production heart living fire version television royal produced working case
society region present radio period looking least total keep england wife program brother mind
special works soon political george services taken created able reached david union joined upon
done important social information either appeared position ground recalled recall memory data
consult instructions follow relevant stored note message score conversation user assistant agent
code file error test function value return import default python string
""".split()  # noqa: SIM905 one a line would be longer than this module
)
"""Frequent words, each one piece of the same vocabulary; contractions are never met whole."""

MARKS = 2
"""What models put before and behind a text."""

_LETTERS = lazy_pattern(r"((?<![^ \t\n\r!-/:-@\[-`{-~])[A-Za-z]+)|([A-Za-z]+)")
_SINGLES = lazy_pattern(r"[^A-Za-z \x80-\U0010ffff]|(?<! ) {2,}| (?=[0-9])")
_ASCII = lazy_pattern(r"[\x00-\x7f]+")


def count_tokens(text: str) -> int:
    """At least the tokens, the marks around them included, that English BERT models see.

    Holds for every text with the uncased WordPiece vocabulary. Tokenizers of
    language models have larger vocabularies, so that prose, code and other
    scripts take fewer there; that is no proof for letters without sense.
    English prose is counted about twice.
    """
    words = sum(_opening(a) if a else _inner(b) for a, b in _LETTERS.findall(text))
    beyond = "" if text.isascii() else _ASCII.sub("", text)
    return MARKS + words + len(_SINGLES.findall(text)) + len(beyond.encode("utf-8", "replace"))


@lru_cache(1 << 14)
def _opening(word: str) -> int:
    """Letters that begin a word."""
    lower = word.lower()
    if lower in WHOLE_WORDS or len(word) == 1:
        return 1
    return _pieces(lower, lone=lower[:2] not in OPENING_PAIRS)


def _inner(word: str) -> int:
    """Letters behind a digit or a character beyond ASCII: they may continue a word."""
    return _pieces(word.lower(), lone=True)


def _pieces(word: str, *, lone: bool) -> int:
    """Most pieces of a word. `lone` says that the first letter may be one by itself.

    WordPiece takes the longest piece, so one letter alone only where it and the
    next are no pair, or at the end; all other pieces hold two letters or more.
    """
    alone = lone + sum(a + b not in INNER_PAIRS for a, b in pairwise(word[1:])) + 1
    return min(len(word), (len(word) + alone) // 2)
