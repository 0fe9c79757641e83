"""What words mean to each other: synonyms and opposites."""

from __future__ import annotations

from collections.abc import Iterator

_VERB_SYNONYMS = """
live reside dwell inhabit|like enjoy love adore favor|hate dislike detest loathe despise|
write implement code program|start begin
commence|end finish conclude|need require|delete remove erase|use employ utilize|keep retain
save store persist|own possess|buy purchase|work operate function|speak talk|allow permit|
forbid prohibit|depend rely|contain include|stop cease quit|increase raise grow|
decrease reduce shrink
lower|launch release ship|handle process|call name|build make|see meet|help assist
"""
_COMPLEMENTS = """
enabled disabled|on off|open closed|public private|online offline|up down|alive dead|true false|
valid invalid|correct incorrect|right wrong|possible impossible|available unavailable|
active inactive|legal illegal|safe unsafe|stable unstable|present absent|passing failing|
pass fail|mandatory optional|required optional|automatic manual|synchronous asynchronous|
sync async|internal external|mutable immutable|married single|married unmarried|visible hidden|
case-sensitive case-insensitive|stateful stateless|blocking non-blocking|complete incomplete|
finished unfinished|supported unsupported|encrypted unencrypted|authenticated unauthenticated|
locked unlocked|connected disconnected|installed uninstalled|compatible incompatible|
necessary unnecessary|guilty innocent|allowed forbidden|permitted prohibited|working broken|
work broken|
green red-build|male female|vegetarian meat-eater|employed unemployed|agree disagree|
enable disable|trust distrust|accept reject|allow forbid|include exclude|succeed fail|
pregnant not-pregnant|full-time part-time|temporary permanent|paid unpaid|insured uninsured|
signed unsigned|sorted unsorted|cached uncached|healthy unhealthy|solved unsolved|
deterministic nondeterministic|monolithic distributed|occupied vacant|lock unlock|same different|
reliable unreliable|usual unusual|aware unaware|certain uncertain|responsible irresponsible|
strict lenient|fresh stale|awake asleep|empty full|won lost|win lose|remember forget|
closed-source open-source|opt-in opt-out|lossless lossy|read-only writable|
approved rejected|valid expired|
current expired|
inside outside|before after|above below|with without|alone together|first last|left right|
indoors outdoors|remote on-site|import export|upload download|push pull|always never|
"""
_OPPOSITES = """
hot cold|warm cold|fast slow|quick slow|big small|large small|huge tiny|high low|long short|
tall short|old young|old new|older younger|old-fashioned modern|good bad|great terrible|
better worse|best worst|cheap expensive|easy difficult|easy hard|simple complex|
simple complicated|light dark|light heavy|strong weak|rich poor|early late|earlier later|
happy sad|happy unhappy|clean dirty|wet dry|thick thin|wide narrow|deep shallow|loud quiet|
noisy quiet|busy idle|crowded empty|near far|close far|like hate|increase decrease|
bigger smaller|larger smaller|faster slower|higher lower|longer shorter|more less|
more fewer|most least|many few|maximum minimum|detailed short|detailed brief|verbose concise|
detailed concise|verbose terse|formal informal|formal casual|sweet sour|spicy mild|friendly rude|
careful careless|generous stingy|introvert extrovert|introverted extroverted|shy outgoing|
optimistic pessimistic|morning evening|morning night|day night|sunny rainy|interesting boring|
comfortable uncomfortable|satisfied dissatisfied|satisfied unhappy|confident nervous|
frequently rarely|often rarely|often seldom|usually rarely|rural urban|straight curly|
calm anxious|patient impatient|polite rude|brave afraid|lazy hardworking|thin fat|
sharp blunt|tight loose|smooth rough|soft hard|flexible rigid|lightweight heavyweight|
love hate|improve worsen|enjoy hate|north south|east west|top bottom|start stop|start end|
arrive leave|
rise fall|buy sell|lend borrow|teach learn|
"""
_PREFIXES = ("un", "in", "im", "ir", "non", "non-", "dis")


def _groups(text: str) -> Iterator[list[str]]:
    for group in text.replace("\n", " ").split("|"):
        if group.split():
            yield group.split()


VERB_OF = {verb: group[0] for group in _groups(_VERB_SYNONYMS) for verb in group}
COMPLEMENTS = {frozenset(pair) for pair in _groups(_COMPLEMENTS)}
OPPOSITES = {frozenset(pair) for pair in _groups(_OPPOSITES)} | COMPLEMENTS
_ADJECTIVES = {word for pair in OPPOSITES for word in pair}
_NEAR = {frozenset(("locate", "live")), frozenset(("locate", "be")), frozenset(("happen", "be"))}


def same_verb(one: str, other: str) -> bool:
    """Whether two verbs mean the same here."""
    if frozenset((one, other)) in _NEAR:
        return True
    return VERB_OF.get(one, one) == VERB_OF.get(other, other)


def opposite(one: str, other: str) -> bool:
    """Whether two words, or verbs, are opposites."""
    short, long = sorted((one, other), key=len)
    if len(short) > 3 and any(long == prefix + short for prefix in _PREFIXES):
        return True
    return (
        frozenset((one, other)) in OPPOSITES
        or frozenset((VERB_OF.get(one, one), VERB_OF.get(other, other))) in OPPOSITES
    )


def is_describing(word: str) -> bool:
    """Whether the word is known as an adjective."""
    return word in _ADJECTIVES
