"""Writes `engrammic.sync`: the blocking twins, from the signatures of the async classes alone.

python tools/gen_sync.py           # write them
python tools/gen_sync.py --check   # exit 1 when they are not what would be written
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from twins import TWINS, Twin

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "engrammic"
TARGET = SOURCE / "sync"

Method = ast.FunctionDef | ast.AsyncFunctionDef


MODULES = {twin.name: twin.module.rpartition(".")[2] for twin in TWINS}


class Origin:
    """One source file, read but not run."""

    def __init__(self, module: str) -> None:
        self.module = f"engrammic.{module}"
        self.text = (SOURCE / (module.replace(".", "/") + ".py")).read_text("utf-8")
        self.tree = ast.parse(self.text)

    @cached_property
    def names(self) -> dict[str, str]:
        """Where each name comes from that the file imports or defines at its top."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {a.asname or a.name: node.module for a in node.names}
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = self.module
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {t.id: self.module for t in targets if isinstance(t, ast.Name)}
        return found

    def methods(self, name: str) -> Iterator[Method]:
        """The public methods of a class, in the order of the file."""
        found = next(n for n in self.tree.body if isinstance(n, ast.ClassDef) and n.name == name)
        for node in found.body:
            if isinstance(node, Method) and not node.name.startswith("_"):
                yield node

    def doc(self, name: str) -> str:
        """The docstring of a class or function."""
        kinds = (ast.ClassDef, ast.FunctionDef)
        found = next(n for n in self.tree.body if isinstance(n, kinds) and n.name == name)
        return ast.get_docstring(found) or ""


class Writer:
    """The text of one module, and the imports that it turns out to need."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.imports: set[tuple[str, str]] = set()

    def module(self) -> str:
        """The whole module, before formatting."""
        twin = self.twin
        body = [self._opening(), *self._methods()]
        if twin.name == "Memory":
            body.append(self._open())
        own = f"from engrammic.{twin.module} import {twin.name} as Awaited{twin.name}"
        imports = [f"from {module} import {name}" for module, name in sorted(self.imports)]
        return "\n".join(
            [
                f'"""`{twin.name}` without `await`; made by tools/gen_sync.py, not by hand."""',
                "from __future__ import annotations",
                "import builtins",
                own,
                "from engrammic.loop import call, each",
                *imports,
                *body,
            ]
        )

    def _opening(self) -> str:
        twin = self.twin
        lines = [
            f"class {twin.name}:",
            _doc(twin.doc or Origin(twin.module).doc(twin.name), 4),
            f"    def __init__(self, awaited: Awaited{twin.name}) -> None:",
            "        self.awaited = awaited",
        ]
        for name, kind in twin.values:
            self._need(kind, Origin(twin.module))
            lines.append(f"        self.{name}: {kind} = awaited.{name}")
        for name, kind in twin.twins:
            self.imports.add((f"engrammic.sync.{MODULES[kind]}", kind))
            lines.append(f"        self.{name} = {kind}(awaited.{name})")
        if twin.name == "Memory":
            self.imports |= {("typing", "Self"), ("types", "TracebackType")}
            lines.append(CONTEXT)
        return "\n".join(lines)

    def _methods(self) -> Iterator[str]:
        twin, seen = self.twin, set(self.twin.inner)
        places = [(twin.module, twin.name), *(tuple(b.split(":")) for b in twin.bases)]
        for module, name in places:
            origin = Origin(module)
            for method in origin.methods(name):
                wanted = isinstance(method, ast.AsyncFunctionDef) or method.name in twin.plain
                if wanted and method.name not in seen:
                    seen.add(method.name)
                    yield self._method(method, origin)

    def _method(self, method: Method, origin: Origin) -> str:
        returns = self._bound(ast.unparse(method.returns or ast.Constant(None)))
        waits = isinstance(method, ast.AsyncFunctionDef)
        made = f"self.awaited.{method.name}({_passed(method.args)})"
        if returns.startswith("AsyncIterator"):
            returns, made = returns.replace("AsyncIterator", "Iterator", 1), f"each({made})"
            self.imports.add(("collections.abc", "Iterator"))
        elif waits:
            made = f"call({made})"
        if returns == self.twin.name:
            made = f"{returns}({made})"
        head = self._head(method, origin, returns)
        return "\n".join([head, _doc(ast.get_docstring(method) or "", 8), f"        return {made}"])

    def _head(self, method: Method, origin: Origin, returns: str) -> str:
        arguments = self._bound(ast.unparse(method.args))
        self._need(f"{arguments} {returns}", origin)
        if any(a.arg == "id" for a in method.args.kwonlyargs):
            arguments = re.sub(r"\bid: ([^,]*),", r"\n id: \1,  # noqa: A002\n", arguments)
        return f"    def {method.name}({arguments}) -> {returns}:"

    def _bound(self, text: str) -> str:
        variable, stands_for = self.twin.bound
        bound = re.sub(rf"\b{variable}\b", stands_for, text) if variable else text
        # Within a class that has a method `list`, that word no longer means the type.
        return re.sub(r"\blist\[", "builtins.list[", bound)

    def _need(self, text: str, origin: Origin) -> None:
        for name in set(re.findall(r"\b[A-Z]\w*|\b[a-z_]\w*", text)):
            if name in (self.twin.name, "AsyncIterator"):
                continue
            module = origin.names.get(name) or ITEM_NAMES.get(name)
            if module:
                self.imports.add((module, name))

    def _open(self) -> str:
        origin = Origin("opening")
        function = next(n for n in origin.tree.body
                        if isinstance(n, ast.FunctionDef) and n.name == "open_memory")  # fmt: skip
        self._need(ast.unparse(function.args), origin)
        self.imports |= {("engrammic.opening", "open_memory as open_awaited"), ("os", "PathLike")}
        arguments = ast.unparse(function.args).replace("os.PathLike", "PathLike")
        return "\n".join(
            [
                f"def open_memory({arguments}) -> Memory:",
                _doc(ast.get_docstring(function) or "", 4),
                f"    return Memory(call(open_awaited({_passed(function.args, method=False)})))",
            ]
        )


ITEM_NAMES = {"Message": "engrammic.items", "Note": "engrammic.items"}

CONTEXT = """
    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
"""


def _passed(arguments: ast.arguments, *, method: bool = True) -> str:
    """The arguments as the caller hands them on."""
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    passed = positional[1:] if method else positional
    passed += [f"{a.arg}={a.arg}" for a in arguments.kwonlyargs]
    passed += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    return ", ".join(passed)


def _doc(text: str, indent: int) -> str:
    """The docstring as it stands in a body indented by so many spaces."""
    first, *more = text.strip().splitlines()
    lines = [f'"""{first}', *more, '"""'] if more else [f'"""{first}"""']
    return "\n".join(f"{' ' * indent}{line}" if line else "" for line in lines)


PACKAGE = '''"""The blocking twins: the same memory without `await`; made by tools/gen_sync.py.

    with engrammic.sync.open("~/.engrammic") as memory:
        memory.remember("Ada prefers short answers", "preference")
        hits = memory.search("how should I answer?")

Every method is one call on one event loop that runs on a thread of its own.
"""
from __future__ import annotations
'''


def modules() -> dict[str, str]:
    """The text of every module of the package, by file name."""
    made = {f"{MODULES[twin.name]}.py": Writer(twin).module() for twin in TWINS}
    imports = [f"from engrammic.sync.{MODULES[t.name]} import {t.name}" for t in TWINS]
    imports.append("from engrammic.sync.memory import open_memory as open  # noqa: A004")
    names = sorted(["open", *(t.name for t in TWINS)])
    made["__init__.py"] = "\n".join([PACKAGE, *imports, f"__all__ = {names!r}\n"])
    return {name: _formatted(text, name) for name, text in made.items()}


def _formatted(text: str, name: str) -> str:
    """As ruff has it: imports sorted and the unused left out."""
    path = f"--stdin-filename={TARGET / name}"
    rules = ["--select=I,F401,RUF022", "--config=lint.isort.known-first-party=['engrammic']"]
    steps = (["check", "--quiet", "--fix", *rules, path, "-"],
             ["format", "--quiet", path, "-"])  # fmt: skip
    for step in steps:
        command = [sys.executable, "-m", "ruff", *step]
        ran = subprocess.run(command, input=text, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
        if ran.returncode:
            raise SystemExit(f"{name}: ruff {step[0]} failed\n{ran.stderr}{ran.stdout}\n{text}")
        text = ran.stdout
    return text


def main() -> int:
    """Write the modules, or with --check compare them; the exit status."""
    made = modules()
    if "--check" not in sys.argv[1:]:
        TARGET.mkdir(exist_ok=True)
        for name, text in made.items():
            (TARGET / name).write_text(text, "utf-8")
        return 0
    there = {p.name: p.read_text("utf-8") for p in TARGET.glob("*.py")}
    stale = sorted(n for n in {*made, *there} if made.get(n) != there.get(n))
    if stale:
        print(f"src/engrammic/sync is stale ({', '.join(stale)}): run python tools/gen_sync.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
