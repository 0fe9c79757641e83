"""Values of one kind, of which a thing has one; places within places, kinds within kinds."""

from __future__ import annotations

from collections.abc import Iterable

from engrammic.claims.words import noun

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
algorithm: rs256 hs256 es256 ps256 eddsa
hashing: bcrypt argon2 scrypt sha256 md5 pbkdf2
compression: gzip zstd brotli lz4 snappy
mobile: android iphone
ordinal: first second third fourth fifth sixth seventh eighth ninth tenth
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
DIETS = {
    "vegetarian": ("eat", ("meat", "seafood", "fish")),
    "vegan": ("eat", ("meat", "seafood", "fish", "dairy", "egg", "honey")),
    "pescatarian": ("eat", ("meat",)),
    "teetotaler": ("drink", ("alcohol",)),
    "teetotal": ("drink", ("alcohol",)),
    "lactose-intolerant": ("eat", ("dairy",)),
}


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


CATEGORIES = _named(_CATEGORIES)
PLACES = _named(_PLACES)
KINDS = _named(_KINDS)


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
