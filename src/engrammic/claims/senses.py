"""What words mean to each other: synonyms, opposites, and values of which a thing has one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engrammic.claims.words import noun, several

_VERB_SYNONYMS = """
live reside dwell inhabit|like enjoy love adore favor|hate dislike detest loathe despise|start begin
commence|end finish conclude|need require|delete remove erase|use employ utilize|keep retain
save store persist|own possess|buy purchase|work operate function|speak talk|allow permit|
forbid prohibit|depend rely|contain include|stop cease quit|increase raise grow|decrease reduce
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
love hate|enjoy hate|north south|east west|top bottom|start stop|start end|arrive leave|
rise fall|buy sell|lend borrow|teach learn|
"""
_CATEGORIES = """
database: postgres mysql mariadb sqlite oracle mssql sql-server cockroachdb mongodb dynamodb
cassandra
packager: npm yarn pnpm bun
python-packager: pip poetry pipenv conda uv pdm
ci: github-actions jenkins circleci gitlab-ci travis teamcity buildkite drone azure-pipelines
cloud: aws azure gcp google-cloud digitalocean hetzner heroku
editor: vim neovim emacs vs-code sublime pycharm intellij nano helix zed atom
indentation: tab space
frontend: react vue angular svelte solid ember
web: django flask fastapi rails laravel express spring
test: pytest unittest nose jest mocha vitest
tracker: jira linear trello asana github-issues bugzilla redmine
chat: slack teams discord mattermost zulip
call: zoom teams google-meet webex skype
broker: kafka rabbitmq nats pulsar activemq sqs
license: mit apache apache-2.0 gpl gplv3 agpl bsd mpl lgpl proprietary
os: ubuntu debian fedora centos windows macos arch alpine rhel linux-mint
gateway: stripe adyen paypal braintree mollie klarna
vcs: git mercurial subversion svn
branch: master main develop trunk
orchestrator: kubernetes nomad docker-swarm ecs
iac: terraform pulumi cloudformation
server: nginx apache-httpd caddy traefik haproxy
format: json xml yaml toml csv protobuf
protocol: rest graphql grpc soap
auth: jwt oauth session-cookie saml ldap
level: debug info warning error critical
color: red blue green yellow purple orange pink black white brown gray turquoise violet beige
weekday: monday tuesday wednesday thursday friday saturday sunday
month: january february march april may june july august september october november december
season: spring summer autumn fall winter
theme: dark light
zone: utc cet cest gmt est edt pst pdt cst mst bst ist jst local-time
diet: vegetarian vegan pescatarian omnivore carnivore
marital: married single divorced widowed engaged
job: doctor nurse teacher lawyer engineer developer designer plumber electrician pilot chef
carpenter accountant architect journalist pharmacist dentist baker farmer mechanic librarian
firefighter veterinarian student retiree scientist programmer musician actor photographer barista
translator hairdresser policeman consultant manager waiter cashier psychologist surgeon
drink: tea coffee
temperature: celsius fahrenheit
units: metric imperial
hand: left-handed right-handed
order: ascending descending
env: production staging development
direction: north south east west
status: draft published archived
size: small medium large
priority: low medium high
state: running stopped paused
result: succeeded failed
datatype: integer int string str float boolean bool list dict array datetime bytes tuple object
docformat: pdf word docx markdown html latex plain-text powerpoint excel spreadsheet csv
daytime: morning afternoon evening night
language: english french german spanish italian portuguese dutch polish czech russian turkish arabic
hebrew hindi japanese chinese mandarin korean swedish norwegian danish finnish greek persian
"""
_PLACES = """
germany: berlin munich hamburg cologne frankfurt stuttgart dresden leipzig bremen
france: paris lyon marseille toulouse nice bordeaux nantes lille
portugal: lisbon porto faro braga coimbra
spain: madrid barcelona valencia seville bilbao malaga
italy: rome milan naples turin florence bologna venice
norway: oslo bergen trondheim stavanger
sweden: stockholm gothenburg malmo uppsala
denmark: copenhagen aarhus odense
finland: helsinki tampere espoo turku
netherlands: amsterdam rotterdam utrecht eindhoven hague
belgium: brussels antwerp ghent bruges
switzerland: zurich geneva basel bern lausanne
austria: vienna graz linz salzburg innsbruck
poland: warsaw krakow gdansk wroclaw poznan
ireland: dublin cork galway limerick
uk: london manchester edinburgh glasgow bristol leeds oxford cambridge liverpool birmingham
usa: california texas florida ohio oregon nevada new-york boston chicago seattle austin denver
portland san-francisco los-angeles miami dallas
houston atlanta philadelphia
california: san-francisco los-angeles san-diego oakland
texas: austin dallas houston
canada: toronto vancouver montreal ottawa calgary
japan: tokyo osaka kyoto nagoya sapporo
china: beijing shanghai shenzhen guangzhou
india: mumbai delhi bangalore bengaluru chennai pune hyderabad
australia: sydney melbourne brisbane perth adelaide
brazil: sao-paulo rio recife brasilia
argentina: buenos-aires cordoba
mexico: guadalajara monterrey
greece: athens thessaloniki
turkey: istanbul ankara izmir
egypt: cairo alexandria
kenya: nairobi mombasa
europe: germany france portugal spain italy norway sweden denmark finland netherlands belgium
switzerland austria poland ireland uk greece czechia hungary romania ukraine croatia iceland
asia: japan china india turkey korea thailand vietnam indonesia malaysia pakistan nepal
africa: egypt kenya nigeria ghana morocco ethiopia tunisia tanzania senegal
south-america: brazil argentina chile peru colombia ecuador bolivia uruguay venezuela
north-america: usa canada mexico california texas
"""
_KINDS = """
meat: beef chicken pork steak bacon ham lamb sausage burger turkey veal duck salami
dairy: milk cheese butter yogurt cream ice-cream
seafood: shrimp prawn crab lobster oyster mussel shellfish
fish: salmon tuna cod trout herring
nut: peanut almond cashew walnut hazelnut
alcohol: wine beer whisky whiskey vodka gin rum cocktail champagne
pet: dog cat hamster rabbit parrot goldfish
sibling: brother sister
child: son daughter
gluten: bread pasta wheat
vehicle: car motorcycle van truck
caffeine: coffee espresso
instrument: guitar piano violin cello drum flute
"""
_DIETS = {
    "vegetarian": ("eat", ("meat", "seafood", "fish")),
    "vegan": ("eat", ("meat", "seafood", "fish", "dairy", "egg", "honey")),
    "pescatarian": ("eat", ("meat",)),
    "teetotaler": ("drink", ("alcohol",)),
    "teetotal": ("drink", ("alcohol",)),
    "lactose-intolerant": ("eat", ("dairy",)),
}
DIETS = _DIETS
"""What someone does not eat or drink, by what they are."""

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
    "live": "in at near on with", "base": "in at", "locate": "in at on near", "work": "at for as",
    "write": "in by", "build": "with in on by", "store": "in on at as", "keep": "in on at for",
    "host": "on at in", "deploy": "to on", "listen": "on", "track": "in with", "run": "",
    "bear": "in on", "marry": "to", "study": "obj at", "start": "at on in", "end": "at on in",
    "open": "at on", "close": "at on", "leave": "at on from", "arrive": "at on", "depart": "at on",
    "expire": "on after in at", "happen": "on at in", "schedule": "for on at", "plan": "for on",
    "take": "", "last": "for", "cost": "", "weigh": "", "measure": "",
    "return": "obj", "answer": "in", "reply": "in", "respond": "in with", "belong": "to",
    "report": "to", "prefer": "obj", "point": "to", "default": "to", "land": "at on in",
    "launch": "on in at", "meet": "at on", "sit": "in on at", "implement": "in with",
    "go": "through via by", "send": "via through", "graduate": "from", "set": "to", "rotate": "in",
    "manage": "with by", "format": "with", "serve": "from on", "die": "in on", "wake": "at",
    "get": "at", "engage": "to", "found": "in by", "own": "by", "maintain": "by", "lead": "by",
    "do": "by", "review": "by",
    "approve": "by", "acquire": "by", "create": "by", "design": "by", "make": "by",
    "paint": "by", "direct": "by", "invent": "by", "encode": "in", "assign": "to",
    "indent": "with", "boil": "at", "freeze": "at", "melt": "at",
    "pay": "in",    "publish": "on at in by", "retire": "at in",
    "park": "in at", "sleep": "in", "exist": "", "be": "obj in at on from for with under after",
    "speak": "", "sign": "with", "encrypt": "with", "hash": "with", "compile": "with to",
    "sort": "by in", "authenticate": "with via", "play": "for", "ship": "on in", "due": "on at",
    "read": "", "age": "", "process": "in", "order": "by", "retry": "obj", "limit": "to",
}  # fmt: skip
"""Verbs of which one role (an object, or what follows these prepositions) has one value."""


def _groups(text: str) -> Iterator[list[str]]:
    for group in text.replace("\n", " ").split("|"):
        if group.split():
            yield group.split()


def _named(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for word in text.split():
        if word.endswith(":"):
            name = word[:-1]
            found[name] = []
        else:
            found[name].append(noun(word))
    return {name: frozenset(words) for name, words in found.items()}


VERB_OF = {verb: group[0] for group in _groups(_VERB_SYNONYMS) for verb in group}
COMPLEMENTS = {frozenset(pair) for pair in _groups(_COMPLEMENTS)}
OPPOSITES = {frozenset(pair) for pair in _groups(_OPPOSITES)} | COMPLEMENTS
CATEGORIES = _named(_CATEGORIES)
PLACES = _named(_PLACES)
KINDS = _named(_KINDS)
_ADJECTIVES = {word for pair in OPPOSITES for word in pair}


_NEAR = {frozenset(("locate", "live")), frozenset(("locate", "be")), frozenset(("happen", "be"))}


def same_verb(one: str, other: str) -> bool:
    """Whether two verbs mean the same here."""
    if frozenset((one, other)) in _NEAR:
        return True
    return VERB_OF.get(one, one) == VERB_OF.get(other, other)


_PREFIXES = ("un", "in", "im", "ir", "non", "non-", "dis")


def opposite(one: str, other: str) -> bool:
    """Whether two words, or verbs, are opposites."""
    short, long = sorted((one, other), key=len)
    if len(short) > 3 and any(long == prefix + short for prefix in _PREFIXES):
        return True
    return (
        frozenset((one, other)) in OPPOSITES
        or frozenset((VERB_OF.get(one, one), VERB_OF.get(other, other))) in OPPOSITES
    )


def complements(one: str, other: str) -> bool:
    """Whether one of the two words always holds: what is not enabled is disabled."""
    return frozenset((one, other)) in COMPLEMENTS


def is_describing(word: str) -> bool:
    """Whether the word is known as an adjective."""
    return word in _ADJECTIVES


def category(words: Iterable[str]) -> set[tuple[str, str]]:
    """The categories of which one of the words is a value, with that word."""
    return {(name, w) for w in words for name, values in CATEGORIES.items() if w in values}


def is_region(word: str) -> bool:
    """Whether it is a country or a continent, in which unknown places may lie."""
    return word in PLACES


def is_placed(word: str) -> bool:
    """Whether it is known where a city lies."""
    return word not in PLACES and any(word in inside for inside in PLACES.values())


def is_kind_of(word: str, kind: str) -> bool:
    """Whether beef is meat, Munich in Germany."""
    if word in KINDS.get(kind, ()) or word in PLACES.get(kind, ()):
        return True
    return any(
        kind == k and word in PLACES.get(inner, ()) for k, v in PLACES.items() for inner in v
    )
