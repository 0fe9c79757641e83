"""Which memories tell one history: what something was first, what it became, what it is again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engrammic.claims.checking import contradiction
from engrammic.claims.parts import bare_word, main_verbs, subject
from engrammic.claims.words import ADVERBS, PREPOSITIONS
from engrammic.likeness import is_state_of_same
from engrammic.patterns import lazy_pattern
from engrammic.same import STATES, Found
from engrammic.text.tokens import telling

LEAST_OF_STAGE = -0.5
"""The log-odds below which a stage is not one of the history that is meant."""
NEXT = 1.0
"""What it adds that a stage was stored next of its subject: "later switched to" names no more."""

_BEGINS = lazy_pattern(
    r"\b(?:initially|originally|(?:at )?first|at the (?:start|beginning|outset)|in the beginning|"
    r"to begin with|start(?:ed|s)? (?:out|off)|began|formerly|previously|used to)\b",
    re.IGNORECASE,
)
_GOES_ON = lazy_pattern(
    r"\b(?:later(?: on)?|then|afterwards?|subsequently|after (?:that|which)|temporarily|briefly|"
    r"for (?:a (?:while|time|bit)|some time)|in (?:between|the meantime)|meanwhile|next|"
    r"eventually|until)\b",
    re.IGNORECASE,
)
_RETURNS = lazy_pattern(
    r"\b(?:again|back|once more|return(?:s|ed)?|revert(?:s|ed)?|restore[sd]?|reinstate[sd]?|"
    r"resume[sd]?)\b",
    re.IGNORECASE,
)
_CHANGES = lazy_pattern(
    r"\b(?:switch(?:ed|es)?|chang(?:ed|es?)|mov(?:ed|es?)|migrate[sd]?|transfer(?:s|red)?|"
    r"convert(?:s|ed)?|transition(?:s|ed)?|shift(?:s|ed)?|return(?:s|ed)?|revert(?:s|ed)?|"
    r"relocate[sd]?|replace[sd]?|swap(?:s|ped)?|adopt(?:s|ed)?|try|tries|tried|upgrade[sd]?|"
    r"downgrade[sd]?|began|(?:goes|went|gone) (?:back|over)|(?:takes?|took|taken) up|"
    r"turn(?:s|ed)? to|buys?|bought|picks? up|picked up)\b",
    re.IGNORECASE,
)
_MOVES = lazy_pattern(
    r"\b(?:switch(?:ed|es)?|chang(?:ed|es?)|mov(?:ed|es?)|migrate[sd]?|transfer(?:s|red)?|"
    r"convert(?:s|ed)?|shift(?:s|ed)?|replace[sd]?|swap(?:s|ped)?)\s+(?P<object>[^,.;]*)",
    re.IGNORECASE,
)
"""What goes from one value to another may be named behind the verb: "switched jobs"."""
_NUMBERS = lazy_pattern(r"\S*\d\S*")
_DATED = lazy_pattern(r"\b(?:19|20)\d\d\b|\b(?:was|were|had|used to)\b", re.IGNORECASE)


def earlier(found: Sequence[Found], content: str) -> list[Found]:
    """The earlier states of what the content says, the best first; none where it has no others.

    `found` are the memories beside the content itself, the likeliest first. Besides the
    first: other values in the same words, each contradicted or of a time of its own;
    and where the memory or the content is one of several stages, the other stages.
    """
    best, *others = found
    history = [best, *(f for f in others if _is_other_value(best, f, content))]
    text = best.hit.text
    if _RETURNS.search(content) or _BEGINS.search(text) or _GOES_ON.search(text):
        placed = sorted(found, key=lambda f: (f.hit.created_at, f.hit.id))
        placed = [f for f in placed if _is_of_same(text, f.hit.text)]
        for n, one in enumerate(placed):
            follows = n > 0 and placed[n - 1] in history
            if one not in history and _is_stage(one, best, content, follows):
                history.append(one)
    return history if history[1:] else []


def _is_other_value(best: Found, one: Found, content: str) -> bool:
    """Whether a memory says of another value what the best one says."""
    first, text = best.hit.text, one.hit.text
    if best.score - one.score >= STATES:
        return False
    if not is_state_of_same(_NUMBERS.sub("", first), _NUMBERS.sub("", text)):
        return False
    dated = _DATED.search(first) and _DATED.search(text)
    return bool(dated) or contradiction(content, text) is not None


def _is_stage(one: Found, best: Found, content: str, follows: bool) -> bool:
    text, first = one.hit.text, best.hit.text
    if one.score + NEXT * follows < LEAST_OF_STAGE:
        return False
    if _moves_another(text, f"{first} {content}"):
        return False
    told = bool(main_verbs(text) & (main_verbs(first) | main_verbs(content)))
    begun = bool(_BEGINS.search(text))
    if begun and not _BEGINS.search(first):
        return True
    return bool(_CHANGES.search(text)) or ((begun or bool(_GOES_ON.search(text))) and told)


def _moves_another(text: str, given: str) -> bool:
    """Whether a change is one of something that is not spoken of."""
    found = _MOVES.search(text)
    moved = []
    for word in found["object"].split() if found else []:
        if bare_word(word) in PREPOSITIONS | ADVERBS | {"back", "over"}:
            break
        moved.append(word)
    return bool(moved) and not telling(" ".join(moved)) & telling(given)


def _is_of_same(one: str, other: str) -> bool:
    """Whether two memories are about the same: the subject of one opens with the other's."""
    bare = (_GOES_ON.sub("", _BEGINS.sub("", subject(s))).lower().strip() for s in (one, other))
    mine, theirs = bare
    return bool(mine and theirs) and (mine.startswith(theirs) or theirs.startswith(mine))
