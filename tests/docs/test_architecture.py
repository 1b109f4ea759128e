"""ARCHITECTURE.md names the existing files."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src/hubbub"
PAGE = (REPOSITORY / "ARCHITECTURE.md").read_text("utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_tour_is_short():
    tour = PAGE.partition("## Invariants")[0]
    assert len(tour.splitlines()) < 60


def paths() -> list[str]:
    """What is named as a file or folder of the source, of the tests or of the repository."""
    named = re.findall(r"`((?:\.?[\w-]+/)+(?:[\w-]+\.\w+)?|[\w-]+\.(?:py|md|toml))`", PAGE)
    return sorted({path for path in named if "FOLDER" not in path and "FILE" not in path})


@pytest.mark.parametrize("path", paths())
def test_what_is_named_is_there(path):
    whole = any((place / path).exists() for place in (SOURCE, REPOSITORY))
    assert whole or any(SOURCE.rglob(path.rstrip("/")))


def thread_names() -> set[str]:
    """Names of threads as the source gives them, without what tells several of a kind apart."""
    named = re.compile(r'Thread\((?:[^()]|\([^()]*\))*?name=f?"([\w-]+?)(?:-\{\w+\})?"')
    pools = re.compile(r'(?:ThreadPoolExecutor|Turns)\([^()]*"([\w-]+)"\)')
    listeners = re.compile(r'BatchListener\(\s*"([\w-]+)"')
    found = set()
    for file in SOURCE.rglob("*.py"):
        if "client" not in file.parts:
            text = file.read_text("utf-8")
            found |= set(named.findall(text)) | set(pools.findall(text))
            found |= set(listeners.findall(text))
    return found


def test_every_thread_is_in_the_table_with_its_file():
    table = {
        re.sub(r"-N$", "", row[0].strip("`")): row[1].strip("`") for row in rows("The threads")
    }
    workers = {name for name, file in table.items() if file == "workers.py"}
    assert set(table) - {"main"} - workers == thread_names()
    for name, file in table.items():
        if name not in {"main", "io"}:
            assert f'"{name}' in (SOURCE / file).read_text("utf-8"), (name, file)


def test_the_glossary_is_short_and_in_use():
    words = [row[0] for row in rows("Words")]
    assert len(words) <= 22
    source = "\n".join(file.read_text("utf-8") for file in SOURCE.rglob("*.py"))
    assert [word for word in words if word not in source] == []
