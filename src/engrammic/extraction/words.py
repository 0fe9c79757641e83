"""What the rules of extraction know: endings of files, tools, concepts, and what is no name."""

from __future__ import annotations

_EXTENSIONS = """
bash bat c cc cfg cjs clj cmake conf cpp cs css csv cxx dart db dockerfile ejs env erl ex exs
fish go gql gradle graphql h hh hpp hs htm html hxx ini ipynb java jl js json json5 jsonl jsx kt
kts less lock log lua m md mdx mjs mm mk nim nix parquet pdf php pl plist pm png po proto ps1 py
pyi pyx r rb rs rst sass scala scss sh sol sql sqlite svelte svg swift tex tf tfvars toml ts tsv
tsx txt vb vue wasm wat xml yaml yml zig zsh
"""
_FILE_NAMES = """
Dockerfile Makefile Rakefile Gemfile Procfile Jenkinsfile Vagrantfile CODEOWNERS .gitignore .env
.dockerignore .editorconfig .bashrc .zshrc
"""
_PRODUCTS = """
node.js next.js vue.js react.js d3.js three.js express.js nuxt.js ember.js chart.js backbone.js
discord.js socket.io moment.js alpine.js p5.js bun.sh
"""
_BRANDS = """
GitHub GitLab JavaScript TypeScript PostgreSQL MySQL MariaDB SQLite MongoDB LinkedIn YouTube
OpenAI ChatGPT PayPal WhatsApp FaceTime MacBook PyTorch TensorFlow NumPy SciPy FastAPI GraphQL
DynamoDB CouchDB LanceDB SurrealDB InfluxDB CircleCI TeamCity BitBucket DevOps IntelliJ PyCharm
WebStorm PowerShell VMware OpenSSL OpenShift CloudFront RabbitMQ NornicDB ClickHouse BigQuery
LangChain LlamaIndex HuggingFace JetBrains StackOverflow McDonald WordPress SharePoint OneDrive
"""
_TOOLS = """
cargo npm npx yarn pnpm bun pip pipx poetry uv git docker kubectl helm terraform make cmake go
pytest tox ruff mypy brew apt apt-get systemctl gradle mvn bazel rustup conda ansible-playbook
"""
_SUBCOMMANDS = """
add apply bench build checkout check clean clone commit compose config create deploy destroy
diff down exec fetch fix fmt format get init install lint list log login logs merge mod new pack
plan prune publish pull push rebase remove reset restart restore revert rm rollback run serve
show start stash status stop switch sync tag test uninstall up update upgrade watch
"""
_CONCEPTS = """
api authentication authorization backup cache caching concurrency configuration container
database deadlock dependency deployment encryption endpoint index logging memory migration
middleware monitoring performance permission pipeline queue race-condition refactoring
replication retry scheduler schema security serialization session testing throughput token
transaction validation webhook
"""
_NO_NAMES = """
a an and any are as at be but by can do does for from had has have he how i if in into is it its
let may me might must my never new no not now of on one only or our out over she should so some
that the their them then there these they this those to up us was we were what when where which
while who why will with would you your monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december ok okay yes hi
hello thanks please also after all always because before both each even first here however last
maybe more most next once other perhaps since still such than today tomorrow tonight too until
use using very well yesterday yet did was were been don't i'm i've i'll i'd it's let's we're
we've you're they're that's what's there's note see run add fix make keep call everyone
everything nothing nobody someone something anyway besides instead sure sorry dear mr mrs ms dr
prof great good nice wow oh hey well right true false none null error api http url
"""

EXTENSIONS = tuple(_EXTENSIONS.split())
"""Endings that make a word a file's name."""
FILE_NAMES = tuple(_FILE_NAMES.split())
"""Files that have no ending."""
PRODUCTS = frozenset(_PRODUCTS.split())
"""Products named like files."""
BRANDS = frozenset(_BRANDS.split())
"""Names in CamelCase that are no types."""
TOOLS = tuple(_TOOLS.split())
"""Programs whose name starts a command."""
SUBCOMMANDS = frozenset(_SUBCOMMANDS.split())
"""What follows a program's name in prose when a command is meant."""
CONCEPTS = frozenset(_CONCEPTS.split())
"""Concepts of software, in the singular."""
NO_NAMES = frozenset(_NO_NAMES.split())
"""Words that never are names, whatever their case."""
