"""The permitted directions of imports."""

import ast
import graphlib
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).parents[1]
SOURCE = REPOSITORY / "src/hubbub"
# The core, which runs without any library; a library is not even tried for there.
CORE = [
    "protocol",
    "dialects",
    "handlers",
    "log",
    "model",
    "outbox",
    "hub",
    "session.py",
    "clock.py",
    "token_bucket.py",
]


def python_files(*places: Path) -> list[Path]:
    return [f for p in places for f in ([p] if p.suffix == ".py" else sorted(p.rglob("*.py")))]


def libraries_in(file: Path) -> set[str]:
    """The packages a file imports, anywhere in it, that Python does not bring."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module)
    packages = {name.partition(".")[0] for name in found}
    return packages - sys.stdlib_module_names - {"hubbub"}


def declared(*parts: str) -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    wishes = {"run": project["project"]["dependencies"], "dev": project["dependency-groups"]["dev"]}
    return {normal(re.split("[>;=]", wish)[0]) for part in parts for wish in wishes[part]}


def normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name.strip()).lower()


@cache
def distributions():
    """Package -> what it came with."""
    return importlib.metadata.packages_distributions()


def undeclared(file: Path, known: set[str], local: set[str]) -> set[str]:
    homes = distributions()
    libraries = libraries_in(file) - local
    return {it for it in libraries if not known & {normal(d) for d in homes.get(it, [it])}}


@pytest.mark.parametrize("part", CORE)
def test_the_core_needs_the_standard_library_alone(part):
    assert {f.name: libraries_in(f) for f in python_files(SOURCE / part) if libraries_in(f)} == {}


#: The way to files, sockets and other processes. The log has its own; all others are told.
OUTSIDE = {"glob", "mmap", "os", "pathlib", "shutil", "socket", "stat", "subprocess", "tempfile"}


@pytest.mark.parametrize("part", [part for part in CORE if part != "log"])
def test_the_core_does_no_io(part):
    def reaches(file: Path) -> set[str]:
        nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
        modules = {it.name for node in nodes if isinstance(node, ast.Import) for it in node.names}
        modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        opens = any(isinstance(node, ast.Name) and node.id == "open" for node in nodes)
        return (modules & OUTSIDE) | ({"open"} if opens else set())

    assert {f.name: reaches(f) for f in python_files(SOURCE / part) if reaches(f)} == {}


def test_what_the_source_imports_is_declared():
    """An environment with more in it than pyproject.toml asks for would hide what is missing."""
    files = python_files(SOURCE)
    missing = {f.name: undeclared(f, declared("run"), set()) for f in files}
    assert {name: what for name, what in missing.items() if what} == {}


def test_what_is_declared_is_imported():
    """A library that nothing uses is fetched on every first start for nothing."""
    used = {it for file in python_files(SOURCE) for it in libraries_in(file)}
    brought = {normal(d) for it in used for d in distributions().get(it, [it])}
    assert declared("run") - brought == set()


def test_what_the_tests_import_is_declared():
    files = python_files(REPOSITORY / "tests", REPOSITORY / "bench", REPOSITORY / ".ci")
    local = {f.stem for f in files} | {f.parent.name for f in files}
    missing = {f.name: undeclared(f, declared("run", "dev"), local) for f in files}
    assert {name: what for name, what in missing.items() if what} == {}


def name_of(file: Path) -> str:
    name = ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)
    return name.removesuffix(".__init__")


def order() -> list[str]:
    """The folders and files of the source as ARCHITECTURE.md lists them, from the top down."""
    table = (REPOSITORY / "ARCHITECTURE.md").read_text("utf-8").partition("| folder |")[2]
    rows = table.partition("\n\n")[0].splitlines()[2:]
    return [name for row in rows for name in re.findall(r"`([\w.]+)/?`", row.split("|")[1])]


class Import(NamedTuple):
    """`line` of the module `importer` imports the module `imported`."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        path = self.importer.replace(".", "/")
        return f"src/{path}.py:{self.line} imports {self.imported}"


def imports(file: Path, modules: set[str]) -> Iterator[Import]:
    """All imports of ours in `file`: in functions and for types alone, too."""
    name = name_of(file)
    package = name.split(".")[: None if file.name == "__init__.py" else -1]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        outside = package[: len(package) - node.level + 1] if node.level else []
        path = ".".join([*outside, *([node.module] if node.module else [])])
        for alias in node.names:
            whole = f"{path}.{alias.name}"
            imported = whole if whole in modules else path
            if imported in modules - {name, "hubbub"}:
                yield Import(name, imported, node.lineno)


def all_imports() -> list[Import]:
    files = python_files(SOURCE)
    modules = {name_of(file) for file in files}
    return [each for file in files for each in imports(file, modules)]


def place(module: str) -> str:
    """The folder or file that ARCHITECTURE.md lists a module under."""
    return module.split(".")[1]


def test_every_folder_and_file_has_its_place_in_the_order():
    there = {f.stem for f in SOURCE.iterdir() if f.suffix == ".py"} | {
        f.name for f in SOURCE.iterdir() if any(f.glob("*.py"))
    }
    listed = [name.removesuffix(".py") for name in order()]
    assert sorted(listed) == sorted(there - {"__init__"})


def test_no_import_runs_upward():
    places = [name.removesuffix(".py") for name in order()]
    upward = [
        str(each)
        for each in all_imports()
        if places.index(place(each.imported)) < places.index(place(each.importer))
    ]
    assert upward == []


def test_no_circle_of_imports_counting_those_for_types():
    needs: dict[str, set[str]] = {}
    for each in all_imports():
        needs.setdefault(each.importer, set()).add(each.imported)
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        circle = error.args[1]
        pytest.fail(" -> ".join(reversed(circle)))
