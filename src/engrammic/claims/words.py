"""Words of English that the rules of reading know: verbs with their forms, and the small words."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

_VERBS = """
accept access add advise agree aim allow answer appear apply approve arrive ask assign attend
authenticate avoid back backup base batch become begin belong block book break bring build buy
cache call cancel care carry cause change charge check choose clean close collect come commit
communicate compile complete configure connect consider consist contain continue contribute
control convert cook copy cost count cover crash create cycle dance deal debug decide decrease
default define delete deliver depend deploy describe design despise detest develop die disable
disagree discontinue dislike distrust divorce do donate download drink drive drop drown dump eat
edit email employ enable encrypt end enforce engage enjoy ensure enter exceed exclude execute exist
expect expire expose extend face fail fall favor fear feed feel finish fit fix fly follow forbid
format found gain garden generate get give go graduate grow guarantee handle happen hate have head
help hire hold host identify ignore implement import include increase inherit install intend
invest invoke join judge jump keep know label lack land last launch lead lean learn leave lend let
license lie like limit link list listen live load loathe locate lock log look lose love maintain
make manage marry matter mean measure meditate meet merge migrate mind mine miss mock model monitor
mount move name need notify observe obtain occupy offer open operate optimize order own paint park
parse pass pay perform permit persist pick plan play point practice prefer prevent print process
produce program prohibit promise promote protect provide publish pull push put queue quit race
raise ran reach read receive recommend record redirect reduce refer refuse reject rely release
remain remember remove rename rent replace reply report require reserve reside resign respond
restart restrict retain retire retry return review ride rise roll rotate run save say scale scan
schedule see seem sell send serve set share ship show shut sign sing sit skip sleep smoke solve
sort sound speak specialize spend split stand start stay stop store stream study succeed suffer
suggest supply support suppose swap swim switch sync take talk target taste teach tell tend test
think throw time tolerate trace track trade train translate transfer travel treat trigger trust try
tune turn type understand uninstall update upgrade upload use validate verify visit volunteer vote
wait wake walk want warn wash watch wear weigh welcome win wish work worry write yield prohibit believe depart
abandon accompany achieve acquire adapt adjust admire adopt affect announce argue arrange
assume attach attract audit automate await ban bake bind blame boil boost borrow bother brew
broadcast browse calculate camp cap capture celebrate chat climb coach collaborate combine comment
compare compete complain compress confirm conflict confuse contact contradict coordinate correct
correspond craft criticize debate declare decline dedicate defend delay demand deny deprecate derive
deserve detect differ digest direct disappear discover discuss display distribute divide document
double doubt draft earn echo emit emphasize encounter encourage enhance enroll entertain escape
establish estimate evaluate evolve examine exchange exercise experience experiment explain explore
fetch figure file filter finance fire focus fold forward freeze fund gather greet guard guess guide
harm heat hike hunt hurry illustrate imagine impact import impress improve indent index indicate
influence inform inspect inspire insert instruct insist interact interest interpret interrupt
intervene interview introduce invent investigate invite involve iterate jog justify kick knit lack
lecture lift lint look mail manufacture mark match memorize mention mentor modify motivate multiply
narrate navigate negotiate nest normalize notice nominate obey object observe omit ordain organize
outlive overcome overlap oversee overwrite owe pack patch pause perceive persuade ping plant polish
postpone pour praise predict prepare present preserve press pretend profit propagate propose prove
punish pursue qualify question quote rank rate react rebase rebuild recall recognize recover recycle
reflect refresh refuse register regret reject relate relax relocate remind render repair repeat
reproduce request rescue reschedule research reset resist resolve restore result resume retrieve
reveal reverse revert review revise reward rewrite ruin salute sample satisfy scare score scrape
search secure seek select separate settle shape shave shift shop shorten shoot sigh simplify sink
slide slip smell smile snore snow solve sponsor spread squash stack stage steal stick strike struggle
submit subscribe substitute sue surround survive suspect sustain swear sweep switch tackle tag tear
tempt terminate thank threaten tighten touch tour transcribe transform transmit trim type undergo
undo unlock unsubscribe upset vary view violate volunteer vacuum wander warrant waste water weaken
wipe wonder wrap zoom
"""
_IRREGULAR = """
become became become|begin began begun|bear bore born|break broke broken|bring brought brought|
build built built|buy bought bought|choose chose chosen|come came come|cost cost cost|cut cut cut|
do did done|draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|
feed fed fed|feel felt felt|find found found|fly flew flown|forbid forbade forbidden|
forget forgot forgotten|get got gotten|give gave given|go went gone|grow grew grown|
have had had|hear heard heard|hide hid hidden|hold held held|keep kept kept|know knew known|
lead led led|leave left left|lend lent lent|let let let|lie lay lain|lose lost lost|
make made made|mean meant meant|meet met met|pay paid paid|put put put|quit quit quit|
read read read|rewrite rewrote rewritten|ride rode ridden|rise rose risen|run ran run|say said said|
see saw seen|sell sold sold|send sent sent|set set set|show showed shown|shut shut shut|
sing sang sung|sit sat sat|sleep slept slept|speak spoke spoken|spend spent spent|split split split|
stand stood stood|swim swam swum|take took taken|teach taught taught|tell told told|
think thought thought|throw threw thrown|understand understood understood|wake woke woken|
wear wore worn|win won won|write wrote written|die died died|lie lied lied|tie tied tied
"""


def several(words: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(words.split())


class Form(StrEnum):
    """How a verb stands."""

    BASE = "base"
    THIRD = "third"
    PAST = "past"
    PARTICIPLE = "participle"
    ING = "ing"


_VOWELS = "aeiou"
_DOUBLING = several(
    "ship shut stop plan drop swim run set sit quit log put get let cut skip swap split scan "
    "commit permit prefer refer win hit spin fit format"
) - {"format"}


def _third(verb: str) -> str:
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in _VOWELS else verb + "s"


def _ed(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    return verb + verb[-1] + "ed" if verb in _DOUBLING else verb + "ed"


def _ing(verb: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return verb + verb[-1] + "ing" if verb in _DOUBLING else verb + "ing"


def _forms() -> Iterator[tuple[str, str, Form]]:
    for verb in _VERBS.split():
        yield verb, verb, Form.BASE
        yield _third(verb), verb, Form.THIRD
        yield _ed(verb), verb, Form.PAST
        yield _ing(verb), verb, Form.ING
    for triple in _IRREGULAR.replace("\n", "").split("|"):
        verb, past, participle = triple.split()
        yield verb, verb, Form.BASE
        yield _third(verb), verb, Form.THIRD
        yield _ing(verb), verb, Form.ING
        yield participle, verb, Form.PARTICIPLE
        yield past, verb, Form.PAST


VERBS: dict[str, dict[str, Form]] = {}
"""Each form: the verbs that it may be of, and as what."""
for _form, _verb, _as in _forms():
    VERBS.setdefault(_form, {}).setdefault(_verb, _as)
for _verb in ("ran", "found"):
    VERBS.get(_verb, {}).pop(_verb, None)

BE = several("be is are was were am been being")
HAVE = several("have has had having")
DO = several("do does did")
WILL = several("will would can could may might must shall should")
NOT = several("not never hardly neither nor not_anymore")
PAST_AUX = several("was were did had")

_DETERMINERS = "a an the this that these those some any each every all both either such no another"
_POSSESSIVES = "my your his her its our their whose"
_PREPOSITIONS = """
about above across after against along among around as at before behind below beneath beside
besides between beyond by despite down during except for from in inside into near of off on onto
out outside over past per since through throughout to toward towards under until up upon via with
within without like than
"""
_PRONOUNS = (
    "i you he she it we they me him us them someone everyone everybody nobody none there who"
)
_ADVERBS = """
actually already also always basically certainly clearly completely currently daily definitely
directly easily entirely essentially exactly exclusively finally frequently fully generally
gladly however immediately indeed initially instead just largely lately mainly merely mostly
naturally normally now nowadays obviously occasionally often only originally ordinarily perhaps
personally possibly practically presently previously primarily probably quickly quite rarely
really recently regularly seldom simply slightly slowly sometimes somewhat soon still strictly
strongly surely then therefore thus today together too totally truly typically usually very yet
ever again anymore once formerly absolutely well even right almost nearly never not
"""
DETERMINERS = frozenset(_DETERMINERS.split())
POSSESSIVES = frozenset(_POSSESSIVES.split())
PREPOSITIONS = frozenset(_PREPOSITIONS.split())
PRONOUNS = frozenset(_PRONOUNS.split())
ADVERBS = frozenset(_ADVERBS.split())
TRIVIAL = several(
    "the a an this that these those some any of 's our my your his her its their current new "
    "own main whole entire official existing present so also very really quite just and or "
    "such please still now already currently all every each both only exactly there here as "
    "well actually always both team's"
)
"""Words of a noun phrase that do not tell one thing from another."""

_PEOPLE = "i me my mine myself user user's"
SPEAKER = frozenset(_PEOPLE.split())
GROUP = several("we us our team project repo repository codebase you one")
"""Who acts where it does not matter who."""

_PLURALS = {"people": "person", "children": "child", "men": "man", "women": "woman",
            "mice": "mouse", "feet": "foot", "wives": "wife", "lives": "life", "data": "data",
            "indices": "index", "analyses": "analysis", "criteria": "criterion"}  # fmt: skip
_SAME = """
postgresql:postgres psql:postgres colour:color favourite:favorite licence:license k8s:kubernetes
js:javascript ts:typescript db:database config:configuration repo:repository docs:documentation
app:application mum:mother mom:mother dad:father grandma:grandmother grandpa:grandfather
flat:apartment cellphone:phone mobile:phone auth:authentication timezone:time-zone vscode:vs-code
golang:go mongo:mongodb kb:kilobyte mb:megabyte gb:gigabyte tb:terabyte info:information
prod:production dev:development env:environment doc:document programme:program grey:gray
tyre:tire centre:center organisation:organization behaviour:behavior holiday:vacation
photo:picture bike:bicycle tv:television movie:film stand-up:standup kid:child nyc:new-york
"""
_SYNONYM_NOUNS = dict(pair.split(":") for pair in _SAME.split())


def noun(word: str) -> str:
    """The singular of a word in lower case, in one spelling."""
    found = _PLURALS.get(word)
    if found is None:
        found = word
        if word.replace("-", "").isalpha() and len(word) > 3 and word.endswith("s"):
            if word.endswith(("ches", "shes", "xes", "sses", "zes")):
                found = word[:-2]
            elif word.endswith("ies") and len(word) > 4 and not word.endswith(("kies", "vies")):
                found = word[:-3] + "y"
            elif not word.endswith(("ss", "us", "is", "aws", "ios")):
                found = word[:-1]
    return _SYNONYM_NOUNS.get(found, found)
