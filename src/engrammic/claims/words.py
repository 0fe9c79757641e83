"""Words of English that the rules of reading know: verbs with their forms, and the small words."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

_VERBS = """
shrink worsen step recur improve
abandon accept access accompany achieve acquire adapt add adjust admire adopt advise affect agree
aim allow announce answer appear apply approve argue arrange arrive ask assign assume attach
attend attract audit authenticate automate avoid await back backup bake ban base batch become
begin believe belong bind blame block boil book boost borrow bother break brew bring broadcast
browse build buy cache calculate call camp cancel cap capture care carry cause celebrate change
charge chat check choose clean climb close coach collaborate collect combine come comment commit
communicate compare compete compile complain complete compress configure confirm conflict confuse
connect consider consist contact contain continue contradict contribute control convert cook
coordinate copy correct correspond cost count cover craft crash create criticize cycle dance deal
debate debug decide declare decline decrease dedicate default defend define delay delete deliver
demand deny depart depend deploy deprecate derive describe deserve design despise detect detest
develop die differ digest direct disable disagree disappear discontinue discover discuss dislike
display distribute distrust divide divorce do document donate double doubt download draft drink
drive drop drown dump earn eat echo edit email emit emphasize employ enable encode encounter
encourage encrypt end enforce engage enhance enjoy enroll ensure enter entertain escape establish
estimate evaluate evolve examine exceed exchange exclude execute exercise exist expect experience
experiment expire explain explore expose extend face fail fall favor fear feed feel fetch figure
file filter finance finish fire fit fix fly focus fold follow forbid format forward found freeze
fund gain garden gather generate get give go graduate greet grow guarantee guard guess guide
handle happen harm hate have head heat help hike hire hold host hunt hurry identify ignore
illustrate imagine impact implement import impress improve include increase indent index indicate
influence inform inherit insert insist inspect inspire install instruct intend interact interest
interpret interrupt intervene interview introduce invent invest investigate invite invoke involve
iterate jog join judge jump justify keep kick knit know label lack land last launch lead lean
learn leave lecture lend let license lie lift like limit link lint list listen live load loathe
locate lock log look lose love mail maintain make manage manufacture mark marry match matter mean
measure meditate meet memorize mention mentor merge migrate mind mine miss mock model modify
monitor motivate mount move multiply name narrate navigate need negotiate nest nominate normalize
notice notify obey object observe obtain occupy offer omit open operate optimize ordain order
organize outlive overcome overlap oversee overwrite owe own pack paint park parse pass patch pause
pay perceive perform permit persist persuade pick ping plan plant play point polish postpone pour
practice praise predict prefer prepare present preserve press pretend prevent print process
produce profit program prohibit promise promote propagate propose protect prove provide publish
pull punish pursue push put qualify question queue quit quote race raise ran rank rate reach react
read rebase rebuild recall receive recognize recommend record recover recycle redirect reduce
refer reflect refresh refuse register regret reject relate relax release relocate rely remain
remember remind remove rename render rent repair repeat replace reply report reproduce request
require reschedule rescue research reserve reset reside resign resist resolve respond restart
restore restrict result resume retain retire retrieve retry return reveal reverse revert review
revise reward rewrite ride rise roll rotate ruin run salute sample satisfy save say scale scan
scare schedule score scrape search secure see seek seem select sell send separate serve set settle
shape share shave shift ship shoot shop shorten show shut sigh sign simplify sing sink sit skip
sleep slide slip smell smile smoke snore snow solve sort sound speak specialize spend split
sponsor spread squash stack stage stand start stay steal stick stop store stream strike struggle
study submit subscribe substitute succeed sue suffer suggest supply support suppose surround
survive suspect sustain swap swear sweep swim switch sync tackle tag take talk target taste teach
tear tell tempt tend terminate test thank think threaten throw tighten time tolerate touch tour
trace track trade train transcribe transfer transform translate transmit travel treat trigger trim
trust try tune turn type undergo understand undo uninstall unlock unsubscribe update upgrade
upload upset use vacuum validate vary verify view violate visit volunteer vote wait wake walk
wander want warn warrant wash waste watch water weaken wear weigh welcome win wipe wish wonder
work worry wrap write yield zoom
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
    "commit permit prefer refer win hit spin fit format transfer recur regret jog shop wrap trim "
    "chat tag step ban admit omit map"
) - {"format"}


def third(verb: str) -> str:
    """The verb as it stands behind he, she or it."""
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
        yield third(verb), verb, Form.THIRD
        yield _ed(verb), verb, Form.PAST
        yield _ing(verb), verb, Form.ING
    for triple in _IRREGULAR.replace("\n", "").split("|"):
        verb, past, participle = triple.split()
        yield verb, verb, Form.BASE
        yield third(verb), verb, Form.THIRD
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
out outside over per since through throughout to toward towards under until up upon via with
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
