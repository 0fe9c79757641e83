"""English stems, and the words too frequent to tell one text from another."""

from __future__ import annotations

from threading import Lock

import Stemmer

_STEMMER = Stemmer.Stemmer("english", 0)
_LOCK = Lock()  # the C stemmer keeps its state between calls


def stem(word: str) -> str:
    """The Snowball English stem of a lower-case word; other languages mostly stay as they are."""
    with _LOCK:
        found: str = _STEMMER.stemWord(word)
    return found


_FUNCTION_WORDS = """
a about above after again against all am an and any are as at be because been before being
below between both but by can could did do does doing down during each few for from further
had has have having he her here hers herself him himself his how i if in into is it its itself
just me more most my myself no nor not now of off on once only or other our ours ourselves out
over own same she should so some such than that the their theirs them themselves then there
these they this those through to too under until up very was we were what when where which
while who whom why will with would you your yours yourself yourselves
aren't can't couldn't didn't doesn't don't hadn't hasn't haven't he'd he'll i'd i'll i'm i've
isn't it'd it'll let's shouldn't they'd they'll they're they've wasn't we'd we'll we're we've
weren't won't wouldn't you'd you'll you're you've
"""

STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English function words."""

STOP_TERMS = frozenset(map(stem, STOP_WORDS))
"""Terms of English function words; a query does without them if it has others."""
