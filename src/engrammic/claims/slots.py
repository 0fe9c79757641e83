"""What names a place for one value: nouns, adjectives, and verbs with their prepositions."""

from __future__ import annotations

from engrammic.claims.words import several

_SLOTS = """
address age amount author base birthday birthdate blood-type boss branch brand budget capacity
capital ceo city code color count country cto currency database deadline dialect diet director
distance domain drink editor email employer encoding engine extension fee food format founder
framework gateway gender goal guest-count height host hostname hometown husband id identifier
industry interval ip job key keyboard language latency leader length level library license limit
location logo maintainer major manager maximum medium mentor method minimum mode model mother
motto name nationality nickname number occupation office operator orchestrator owner packager
password path phone pin platform port position price primary priority profession protocol provider
quota rate ratio rent region registry release-date repository retention role runtime salary
schema seat secretary shell shoe-size size size-limit speed stack status street supervisor surname
target team-lead teacher temperature theme threshold time time-zone timeout title token-lifetime
tool topic tracker type unit url username value vendor version wage wife weight width zip zone
cloud-provider birthplace church doctor dentist landlord roommate gym team school university
college hero genre band song film book author actor sport season animal fruit vegetable dish
subject destination airline hotel car lead standard style convention strategy algorithm backend
frontend broker queue server os distro ide compiler bank insurer plan sponsor champion winner
mascot delimiter separator prefix suffix headquarters anthem symbol charset collation
captain president headquarters venue default entry-point license-plate
"""
SLOTS = frozenset(_SLOTS.split())
"""Nouns that name a place for one value: a different value contradicts."""
SLOT_MARKS = several(
    "favorite default primary preferred minimum maximum max min total sole official usual "
    "current latest best biggest main"
)
"""Adjectives that make any noun such a place."""
SINGLE = {
    "live": "in at near on with", "base": "in at", "locate": "in at on near",
    "work": "at for as from",
    "write": "in by with", "build": "with in on by", "store": "in on at as", "keep": "in on at for",
    "host": "on at in", "deploy": "to on", "listen": "on", "track": "in with", "run": "",
    "bear": "in on", "marry": "to", "study": "obj at", "start": "at on in", "end": "at on in",
    "open": "at on", "close": "at on", "leave": "at on from", "arrive": "at on", "depart": "at on",
    "expire": "on after in at", "happen": "on at in", "schedule": "for on at", "plan": "for on",
    "take": "", "last": "for", "cost": "", "weigh": "", "measure": "",
    "return": "obj", "answer": "in", "reply": "in", "respond": "in with", "belong": "to",
    "report": "to", "prefer": "obj", "point": "to", "default": "to", "land": "at on in",
    "launch": "on in at", "meet": "at on", "sit": "in on at", "implement": "in with",
    "go": "through via by", "identify": "as", "define": "in", "declare": "in",
    "send": "via through", "graduate": "from",
    "set": "to", "rotate": "in",
    "manage": "with by", "format": "with", "serve": "from on", "die": "in on", "wake": "at",
    "get": "at", "engage": "to", "found": "in by", "own": "by", "maintain": "by", "lead": "by",
    "do": "by", "review": "by",
    "approve": "by", "acquire": "by", "create": "by", "design": "by", "make": "by",
    "paint": "by", "direct": "by", "invent": "by", "encode": "in", "assign": "to",
    "indent": "with", "boil": "at", "freeze": "at", "melt": "at",
    "pay": "in",    "publish": "by", "retire": "at in",
    "park": "in at", "sleep": "in", "exist": "", "be": "obj in at on from for with under after",
    "speak": "", "sign": "with", "encrypt": "with", "hash": "with", "compile": "with to",
    "sort": "by in", "authenticate": "with via", "play": "for", "ship": "on in", "due": "on at",
    "read": "", "age": "", "process": "in", "order": "by", "retry": "obj", "limit": "to",
}  # fmt: skip
"""Verbs of which one role (an object, or what follows these prepositions) has one value."""
