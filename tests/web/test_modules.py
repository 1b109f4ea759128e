"""The browser client's pure modules, tested by Node where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from running_server import PATIENCE

HERE = Path(__file__).parent
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="no Node: the browser client's modules were NOT tested")
def test_the_modules_pass_their_own_tests() -> None:
    files = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    ran = subprocess.run(
        [str(NODE), "--test", "--test-reporter=tap", *files],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    passed = re.search(r"^# pass (\d+)$", ran.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) > 50


def test_no_module_can_turn_text_into_markup_or_code() -> None:
    """S20: every node is made by dom.js from text; nothing is parsed as HTML or run."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function"
        r"|DOMParser|createContextualFragment|srcdoc|setTimeout\(\s*[\"'`]"
    )
    web = HERE.parent.parent / "src" / "hubbub" / "web"
    sources = list(web.rglob("*.js")) + list(web.rglob("*.html"))
    assert len(sources) > 20
    for path in sources:
        assert not forbidden.search(path.read_text("utf-8")), path
    makers = [path.name for path in sources if "createElement" in path.read_text("utf-8")]
    assert sorted(makers) == ["copying.js", "dom.js", "filehost.js"]


def test_what_a_module_imports_another_exports() -> None:
    """A browser finds out only when it opens that view."""
    imports = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.[^"]*)"', re.MULTILINE)
    names = re.compile(r"export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+(\w+)")
    wanted = 0
    for path in (HERE.parent.parent / "src" / "hubbub" / "web" / "js").rglob("*.js"):
        for list_of_names, place in imports.findall(path.read_text("utf-8")):
            exported = set(names.findall((path.parent / place).read_text("utf-8")))
            asked = {name.split(" as ")[0].strip() for name in list_of_names.split(",")} - {""}
            assert asked <= exported, (path.name, place, asked - exported)
            wanted += len(asked)
    assert wanted > 200


def test_no_module_needs_itself_in_a_circle() -> None:
    """By static imports; what is fetched later may lead back."""
    root = HERE.parent.parent / "src" / "hubbub" / "web" / "js"
    names = re.compile(r'^(?:import|export)[^;]*?from "(\.[^"]+)"', re.MULTILINE)
    needs = {
        path: [(path.parent / name).resolve() for name in names.findall(path.read_text("utf-8"))]
        for path in root.resolve().rglob("*.js")
    }
    free: set[Path] = set()

    def follow(path: Path, way: tuple[Path, ...]) -> None:
        assert path not in way, " -> ".join(each.name for each in (*way, path))
        if path not in free:
            for needed in needs.get(path, []):
                follow(needed, (*way, path))
            free.add(path)

    for path in needs:
        follow(path, ())
    assert len(free) > 50
