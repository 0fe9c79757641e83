"""How two frames relate: the same subject and verb, and roles that fit, refine or exclude."""

from __future__ import annotations

from engrammic.claims.kinds import category, is_kind_of, is_placed, is_region
from engrammic.claims.meaning import PLACED, Frame, one_place
from engrammic.claims.nouns import ClashKind
from engrammic.claims.phrases import Phrase
from engrammic.claims.quantities import Quantity, limits_differ
from engrammic.claims.senses import VERB_OF, is_describing, opposite, same_verb
from engrammic.claims.slots import SINGLE, SLOT_MARKS, SLOTS
from engrammic.claims.words import several

NONE = Phrase()
_FREE = several("since because until before after as by despite like including via")
"""Phrases that one of two statements may have and the other not."""
_TIME_VERBS = several(
    "run be start end open close leave arrive depart expire happen launch meet ship die retire "
    "land deploy wake get publish due found establish create invent build join graduate marry "
    "bear hire schedule write"
)
_ONE_WAY = several("report manage supervise lead own inherit extend")
_ASKING = several("want expect request like ask write speak answer reply need")
_ONCE = several(
    "acquire write create design build make paint direct publish graduate bear die found marry "
    "establish invent"
)
_SYSTEM = several(
    "book order send report track log upload deploy write generate build test manage monitor "
    "format "
    "handle process sign authenticate render serve push forward route"
)
_EXCLUDING = several("work return be use run write build exist live prefer track deploy host go")


def subjects_agree(one: Frame, other: Frame) -> bool:
    """Whether both speak of the same."""
    a, b = one.subject, other.subject
    if a.words != b.words or any(x.differs(y) for x in a.dates for y in b.dates):
        return False
    if a.numbers and b.numbers:
        return {(q.low, q.dimension) for q in a.numbers} == {
            (q.low, q.dimension) for q in b.numbers
        }
    return not (a.numbers or b.numbers) or one.positive != other.positive


def exchanged(one: Frame, other: Frame) -> ClashKind | None:
    """A clash of two that each claim a place which only one can have: who reports to whom."""
    if one.verb != other.verb or not (one.positive and other.positive) or one.past != other.past:
        return None
    for name, phrase in one.roles.items():
        back = other.roles.get(name, NONE)
        turned = phrase.words == other.subject.words and back.words == one.subject.words
        if phrase.words and back.words and turned and (name == "than" or one.verb in _ONE_WAY):
            return ClashKind.OPPOSITE
    return None


def verdict(one: Frame, other: Frame) -> ClashKind | None:
    """Why both cannot hold, of frames with one subject; None when they can."""
    if not (one.certain and other.certain) or one.condition != other.condition:
        return None
    if one.must != other.must or _at_other_times(one, other):
        return None
    if same_verb(one.verb, other.verb):
        if one.positive != other.positive:
            denied, said = (other, one) if one.positive else (one, other)
            return ClashKind.NEGATION if _covers(denied, said) else None
        return _values(one, other) if one.positive else None
    if one.positive and other.positive and opposite(one.verb, other.verb):
        return ClashKind.OPPOSITE if _roles_fit(one, other) else None
    return None


def _at_other_times(one: Frame, other: Frame) -> bool:
    if one.past != other.past:
        return not any(f.perfect and not f.positive for f in (one, other))
    return one.times != other.times and bool(one.times and other.times)


def _covers(denied: Frame, said: Frame) -> bool:
    """Whether what is denied is at most as special as what is said."""
    if denied.soft and not said.soft:
        return False
    for name, phrase in denied.roles.items():
        if name in _FREE:
            continue
        if not _within(phrase, said.roles.get(name, NONE)):
            return False
    return bool(denied.roles) or not said.roles or denied.verb not in ("be", "have")


def _within(general: Phrase, special: Phrase) -> bool:
    for word in general.words:
        if word not in special.words and not any(is_kind_of(w, word) for w in special.words):
            return False
    if any(limits_differ(a, b) for a in general.numbers for b in special.numbers):
        return False
    if any(a.differs(b) for a in general.dates for b in special.dates):
        return False
    if general.dates and not special.dates:
        return False
    for number in general.numbers:
        if not any(
            n.dimension == number.dimension and not n.disjoint(number) for n in special.numbers
        ):
            return False
    return True


def _roles_fit(one: Frame, other: Frame) -> bool:
    for name in {*one.roles, *other.roles} - _FREE:
        a, b = one.roles.get(name), other.roles.get(name)
        if a is None or b is None:
            return False
        if not (_within(a, b) or _within(b, a)):
            return False
    return True


def _values(one: Frame, other: Frame) -> ClashKind | None:
    """Both are said: does exactly one role differ, of which there is only one value?"""
    differing: list[str] = []
    for name in {*one.roles, *other.roles}:
        a, b = one.roles.get(name), other.roles.get(name)
        if a is None or b is None:
            if name in _FREE:
                continue
            return None
        if not (_within(a, b) or _within(b, a)):
            differing.append(name)
    if len(differing) != 1:
        return None
    return _exclusive(one, other, differing[0])


def _exclusive(one: Frame, other: Frame, name: str) -> ClashKind | None:
    a, b = one.roles[name], other.roles[name]
    verb = VERB_OF.get(one.verb, one.verb)
    if one.soft or other.soft or a.listed or b.listed:
        return None
    if name == "time":
        return ClashKind.VALUE if verb in _TIME_VERBS and _times_differ(a, b) else None
    if verb == "be" and name in ("at", "in") and category([one.roles.get("obj", NONE).head]):
        return ClashKind.VALUE if a.proper and b.proper and not one.past else None
    if (number := _numbers(one, name, a, b)) is not None:
        return number
    if name in ("since", "until") and any(x.differs(y) for x in a.dates for y in b.dates):
        return ClashKind.VALUE
    return None if name in _FREE - {"as", "by", "via"} else _worded(one, other, name)


def _worded(one: Frame, other: Frame, name: str) -> ClashKind | None:
    """A clash of the words of one role: opposites, two of one kind, or two where one is told."""
    a, b = one.roles[name], other.roles[name]
    verb = VERB_OF.get(one.verb, one.verb)
    left, right = a.words - b.words, b.words - a.words
    if not left or not right:
        return None
    if any(is_kind_of(x, y) or is_kind_of(y, x) for x in left for y in right):
        return None
    if any(map(is_region, left)) != any(map(is_region, right)):
        known = any(is_placed(w) for w in (*left, *right))
        if not known:
            return None
    bare = len(a.words) == len(b.words) == 1 and name == "obj" and is_describing(a.head)
    if (verb in _EXCLUDING or bare) and _opposites(left, right):
        return ClashKind.OPPOSITE
    kinds = {k for k, _ in category(left)} & {k for k, _ in category(right)}
    heads = {k for k, _ in category([a.head])} & {k for k, _ in category([b.head])}
    if verb == "run" and name != "obj":
        kinds, heads = kinds - {"os"}, heads - {"os"}
    few = len(left) <= 2 and len(right) <= 2 and "job" not in kinds
    if verb in _EXCLUDING and ((kinds and (few or len(left) == len(right) == 1)) or heads):
        return ClashKind.VALUE
    if verb in _ASKING and name == "in" and kinds:
        return ClashKind.VALUE
    if one.only or other.only:
        return ClashKind.VALUE
    return ClashKind.VALUE if _single(one, name, a, b) else None


def _opposites(left: frozenset[str], right: frozenset[str]) -> bool:
    return len(left) <= 2 and len(right) <= 2 and any(opposite(x, y) for x in left for y in right)


def _times_differ(a: Phrase, b: Phrase) -> bool:
    """Whether they are two times of one kind; hours on two different days are two times each."""
    if any(x.differs(y) for x in a.dates for y in b.dates):
        return True
    if any(_apart(x, y) for x in a.numbers for y in b.numbers):
        return a.words == b.words
    left, right = a.words - b.words, b.words - a.words
    return bool({k for k, _ in category(left)} & {k for k, _ in category(right)})


def _apart(one: Quantity, other: Quantity) -> bool:
    """Whether two times of the day differ; an hour without a unit may be before noon or after."""
    if not {one.dimension, other.dimension} <= {"", "clock"}:
        return False
    first, second = (q.low * (1 if q.dimension else 60) for q in (one, other))
    sure = one.dimension == other.dimension
    return first != second if sure else (first - second) % 720 != 0


def _numbers(frame: Frame, name: str, a: Phrase, b: Phrase) -> ClashKind | None:
    """A clash of numbers that count the same; events in the past may have any."""
    if frame.past and frame.verb != "be":
        return None
    if name != "obj" and frame.roles.get("obj", NONE).indefinite:
        return None
    for x in a.numbers:
        for y in b.numbers:
            same = a.words <= b.words or b.words <= a.words
            longer = f"{x.shown}.", f"{y.shown}."
            if y.shown.startswith(longer[0]) or x.shown.startswith(longer[1]):
                continue
            if x.dimension == y.dimension and same and (limits_differ(x, y) or x.disjoint(y)):
                return ClashKind.NUMBER
    return None


def _single(frame: Frame, name: str, a: Phrase, b: Phrase) -> bool:
    """Whether the role has one value: by the verb, or by what the subject names."""
    verb = VERB_OF.get(frame.verb, frame.verb)
    if verb == "be" and name == "obj":
        return _is_slot(frame, a, b)
    if verb == "be" and "obj" in frame.roles:
        return False
    if verb in ("be", "live", "locate") and frame.subject.plural:
        return False
    if frame.perfect and not any(n in frame.roles and n != name for n in ("since", "for")):
        return False
    if verb == "be" and not (a.proper and b.proper):
        return False
    if frame.must and not frame.subject.words and name in ("with", "in", "as"):
        return True
    if verb == "use" and name == "obj":
        return bool({"for", "as"} & frame.roles.keys()) and a.indefinite == b.indefinite
    if verb == "prefer":
        return bool(a.words & b.words)
    system = (
        not frame.subject.words
        and name in ("to", "with", "via", "from", "through")
        and verb in _SYSTEM
        and a.proper
        and b.proper
    )
    places = {PLACED.get(n, n) if one_place(verb) else n for n in SINGLE.get(verb, "").split()}
    if (name not in places and not system) or (name == "obj" and a.indefinite and b.indefinite):
        return False
    return (
        (not frame.past or verb in _ONCE)
        and a.indefinite == b.indefinite
        and (a.proper == b.proper or name != "obj")
    )


def _is_slot(frame: Frame, a: Phrase, b: Phrase) -> bool:
    if any(is_describing(w) for w in (*a.words, *b.words)) and not (a.words & b.words):
        return False
    marked = bool(frame.subject.words & SLOT_MARKS)
    slot = frame.subject.head in SLOTS or marked
    names = a.proper and b.proper and not (a.indefinite or b.indefinite)
    return (slot and a.indefinite == b.indefinite) or names
