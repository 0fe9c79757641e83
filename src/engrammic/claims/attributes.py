"""What people know of each other and of things, with the nouns and verbs that name it."""

from __future__ import annotations

from engrammic.claims.kinds import CATEGORIES
from engrammic.claims.quantities import quantities
from engrammic.patterns import lazy_pattern
from engrammic.text import terms

_NAMED = {
    "home": "home live address house flat apartment residence reside residing dwell town city "
            "move relocate settle neighbourhood studio village country based unpack",
    "work": "work job employer employ occupation profession company career title position "
            "colleague hire joined role earns office firm business desk promoted trade living",
    "food": "eat diet food vegetarian vegan meat meal dish cuisine restaurant dinner lunch "
            "breakfast fish cook dairy gluten carnivore pescatarian nutrition",
    "allergy": "allergy allergic intolerant intolerance react avoid anaphylaxis eat",
    "partner": "partner spouse husband wife marry married marriage date dating engaged fiance "
               "fiancee boyfriend girlfriend divorce divorced separated relationship love single "
               "couple wedding",
    "child": "child children kid son daughter baby offspring family",
    "pet": "pet dog cat puppy kitten parrot hamster rabbit animal horse breed",
    "vehicle": "car drive vehicle bike bicycle motorbike scooter van truck sedan suv",
    "commute": "commute drive bike cycle train tram bus metro subway walk travel ride",
    "music": "music instrument play piano guitar violin cello oboe clarinet flute drum jazz opera "
             "techno band song orchestra singer choir concert listen",
    "reading": "read book novel author library reading fiction",
    "sport": "sport exercise gym run swim walk climb train training marathon triathlon football "
             "tennis yoga fitness workout club team cycling hobby",
    "hobby": "hobby pastime interest paint knit garden collect stamps pottery spare leisure craft",
    "sleep": "sleep wake bed alarm asleep nap awake morning rise",
    "age": "age old born birthday birth year",
    "health": "health doctor dentist tooth teeth clinic physician medicine tablet dose pill "
              "therapy illness treatment medication diagnosis surgery",
    "study": "study university school college degree course major learn student teacher class "
             "subject kindergarten pupil graduate",
    "contact": "phone telephone number mobile email mail call reach contact handle",
    "money": "price cost rent pay salary budget fee expense wage income euro dollar money worth "
             "charge tariff fund",
    "language": "language speak code program programming write answer reply tongue",
    "look": "theme mode colour color dark light hair appearance style wear",
    "drink": "drink coffee tea beer wine beverage juice alcohol",
    "trip": "trip holiday vacation travel flight fly hotel journey destination visit stay tour "
            "cruise",
    "lead": "lead leader boss manager head chief charge captain run supervisor responsible report "
            "own owner belong maintain",
    "place": "where place located location room venue hall address site floor",
    "time": "when time date day start begin schedule clock hour deadline due weekday",
    "host": "host server cloud provider deploy hosted hosting run region",
    "storage": "database store storage keep data cache persist",
    "version": "version release ship runs upgrade",
    "keeping": "retention keep kept expire delete days timeout last",
}  # fmt: skip
_OF: dict[str, frozenset[str]] = {}
for _name, _words in _NAMED.items():
    for _word in terms(_words):
        _OF[_word] = _OF.get(_word, frozenset()) | {_name}
_KIND_OF: dict[str, frozenset[str]] = {}
for _name, _found in CATEGORIES.items():
    for _word in terms(" ".join(_found)):
        _KIND_OF[_word] = _KIND_OF.get(_word, frozenset()) | {_name}
_CATEGORY_NAMES = {terms(name)[0]: name for name in CATEGORIES if "-" not in name}
_MAY = lazy_pattern(r"\bMay\b")


def attributes(text: str) -> frozenset[str]:
    """What a text may speak of: home, work, diet and the like."""
    found: set[str] = set()
    for term in terms(text):
        found |= _OF.get(term, frozenset())
    return frozenset(found)


def kinds(text: str) -> frozenset[str]:
    """The kinds of the values in a text: colours, weekdays, jobs, euros, times of the day."""
    found: set[str] = set()
    for term in terms(text):
        found |= _KIND_OF.get(term, frozenset())
    numbers, dates, _ = quantities([w.strip(".,;:!?()") for w in text.lower().split()])
    found |= {q.dimension for q in numbers if q.dimension}
    if _MAY.search(text):  # in lower case it is a verb
        found.add("month")
    return frozenset(found | ({"date"} if dates else set()))


def kinds_named(text: str) -> frozenset[str]:
    """The kinds that a text names without a value: "the colour", "which database"."""
    return frozenset(_CATEGORY_NAMES[t] for t in terms(text) if t in _CATEGORY_NAMES)
