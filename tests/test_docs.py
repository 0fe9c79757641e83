"""The documents are true: their blocks run, their links lead somewhere, made pages are current."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import gen_docs
import pytest
import seed_tables
from markdown_it import MarkdownIt

from engrammic.backend import Backend
from engrammic.embed.weights import cache_dir, find_model
from engrammic.errors import ModelNotFound

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROSE = {"", "text", "toml", "json", "jsonl", "yaml"}
"""Languages of blocks that nothing runs."""


@dataclass(frozen=True)
class Block:
    """A fenced block: `python`, `sh`, or another language; `skip` is why it does not run."""

    page: Path
    line: int
    language: str
    skip: str | None
    text: str


def label(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else ""


def blocks(page: Path) -> list[Block]:
    found = []
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type == "fence":
            assert token.map
            language, _, rest = token.info.partition(" ")
            skip = rest.removeprefix("not-run:").strip() if rest else None
            assert not rest or rest.startswith("not-run:"), f"{page}: {token.info!r}"
            found.append(Block(page, token.map[0] + 2, language, skip, token.content))
    return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh directory with the examples in it; home and memory lie in it too."""
    models = cache_dir()
    try:
        find_model()
    except ModelNotFound:
        monkeypatch.setenv("ENGRAMMIC_EMBEDDER", "hashing")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.setenv("ENGRAMMIC_CACHE_DIR", str(models))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ENGRAMMIC_HOME", str(tmp_path / "home" / "memory"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=label)
async def test_every_block_runs_in_order(page: Path, desk: Path) -> None:
    names: dict[str, object] = {"__name__": "docs"}
    for block in blocks(page):
        if block.skip is not None:
            assert len(block.skip.split()) > 2, f"{page}:{block.line}: say why it is not run"
        elif block.language == "python":
            await run_python(block, names)
        elif block.language == "sh":
            for line in block.text.replace("\\\n", " ").splitlines():
                run_line(block, line, desk)
        else:
            assert block.language in PROSE, f"{page}:{block.line}: {block.language}?"


async def run_python(block: Block, names: dict[str, object]) -> None:
    tree = compile("\n" * (block.line - 1) + block.text, block.page, "exec",
                   ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)  # fmt: skip
    result = eval(tree, names)
    if inspect.iscoroutine(result):
        await result


def run_line(block: Block, line: str, desk: Path) -> None:
    where = f"{block.page}:{block.line}: {line}"
    words = shlex.split(line, comments=True)
    if not words:
        return
    if words[0] == "make":
        targets = re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {w for w in words[1:] if "=" not in w} <= set(targets), where
    elif words[:2] == ["pip", "install"]:
        assert re.match(r"engrammic(\[[a-z,-]+\])?$", words[-1]), where
    else:
        assert words[0] == "engrammic", where
        command = [str(Path(sys.executable).with_name("engrammic")), *words[1:]]
        ran = subprocess.run(
            command, cwd=desk, env=os.environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, f"{where}\n{ran.stdout}\n{ran.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_pages_made_from_the_code_are_current() -> None:
    assert not [path.name for path, _ in gen_docs.outdated()]


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_a_page_holds_nothing_of_this_machine(page: Path) -> None:
    text = page.read_text("utf-8")
    found = [n for n, v in os.environ.items() if len(v) > 12 and v in text]
    assert not found
    assert str(ROOT) not in text
    assert not re.search(r"environ\(\{|object at 0x", text)


def variables_of(path: Path) -> set[str]:
    """Texts that look like names of variables, in a file that reads the environment."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = {getattr(n, "id", None) or getattr(n, "attr", None) for n in nodes}
    if not names & {"environ", "environment", "getenv"}:
        return set()
    texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return {t for t in texts if re.fullmatch(r"[A-Z]{2,}(_[A-Z]+)+", t)}


def test_every_environment_variable_is_documented() -> None:
    told = (ROOT / "docs" / "settings.md").read_text("utf-8")
    read = seed_tables.variables()
    for path in (ROOT / "src").rglob("*.py"):
        read |= variables_of(path)
    own = re.compile("ENGRAMMIC_(TEST|DATA|LONG)")  # others they set for programs of their own
    for path in (ROOT / "tests").rglob("*.py"):
        read |= {name for name in variables_of(path) if own.match(name)}
    assert {"PINECONE_API_KEY", "QDRANT_URL", "ENGRAMMIC_TEST_QDRANT_URL"} <= read
    assert not {name for name in read if f"`{name}`" not in told}


def test_the_methods_of_a_backend_are_told_where_it_is_added() -> None:
    page = (ROOT / "docs" / "add-a-backend.md").read_text("utf-8")
    names = {n for n, member in vars(Backend).items() if inspect.isroutine(member)}
    verbs = {n for n in names | Backend.__abstractmethods__ if not n.startswith("_")}
    assert not {n for n in verbs if f"`{n}`" not in page}


def test_a_page_of_the_index_is_never_forgotten() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    pages = [p.name for p in (ROOT / "docs").glob("*.md")]
    assert not [name for name in pages if f"docs/{name}" not in readme]
