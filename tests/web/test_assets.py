"""The table of files: complete, closed, small, and under a strict policy."""

from __future__ import annotations

import gzip
import posixpath
import re

from hubbub.web.assets import CONTENT_SECURITY_POLICY, load_assets

ASSETS = load_assets()


def test_the_page_and_all_that_it_names_are_there() -> None:
    page = ASSETS["/"].body.decode()
    named = re.findall(r'(?:href|src)="(/[^"]*)"', page)
    assert len(named) >= 5
    assert [path for path in named if path not in ASSETS] == []


def test_every_module_that_is_imported_is_there() -> None:
    for path, asset in ASSETS.items():
        if path.endswith(".js"):
            for name in re.findall(r'(?:from|import\() ?"(\.[^"]+)"', asset.body.decode()):
                wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
                assert wanted in ASSETS, f"{path} imports {name}"


def test_nothing_else_is_served() -> None:
    assert [p for p in ASSETS if not re.search(r"(^/|\.(js|css|svg|png|webmanifest))$", p)] == []
    assert "/index.html" not in ASSETS
    assert not any(path.endswith(".py") for path in ASSETS)


def test_etags_follow_the_content() -> None:
    again = load_assets()
    assert {p: a.etag for p, a in again.items()} == {p: a.etag for p, a in ASSETS.items()}
    assert len({asset.etag for asset in ASSETS.values()}) == len(ASSETS)


def test_the_compressed_form_is_the_same_file() -> None:
    for asset in ASSETS.values():
        if asset.gzipped is not None:
            assert gzip.decompress(asset.gzipped) == asset.body
            assert len(asset.gzipped) < len(asset.body)


def _size(path: str) -> int:
    return len(ASSETS[path].gzipped or ASSETS[path].body)


def _needed_at_once() -> set[str]:
    """All modules that one imports statically, from the first on."""
    needed: set[str] = set()

    def follow(path: str) -> None:
        if path not in needed:
            needed.add(path)
            source = ASSETS[path].body.decode()
            for name in re.findall(r'^(?:import|export)[^;]*?from "(\.[^"]+)"', source, re.M):
                follow(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))

    follow("/js/main.js")
    return needed


def _head(path: str) -> int:
    """Bytes that an answer has before its body, at most: a script's are tested in test_http.py."""
    return 302 if path.endswith((".js", ".css")) else 850


def test_a_first_visit_stays_under_100_kb_over_the_wire() -> None:
    """With headers. Another language adds a few more, as do an app's icon, what is opened, and what
    is fetched ahead when the page has been open for a while (later.js, sw.js)."""
    visit = ["/", "/style.css", "/icon.svg", *_needed_at_once()]
    assert sum(_size(path) + _head(path) for path in visit) < 100_000
    assert all(_size(p) < 10_000 for p in ASSETS if p.startswith(("/lang/", "/icon-")))


def test_all_that_can_be_opened_is_small_too() -> None:
    # types.js is for readers and tsc alone: no module loads it. The lab has a page of its own.
    aside = ("/lang/", "/icon-", "/js/types.js", "/js/glass/", "/glass.css")
    everything = [p for p in ASSETS if not p.startswith(aside)] + ["/lang/en.js"]
    assert sum(map(_size, everything)) < 170_000
    scripts = [asset.body.decode() for path, asset in ASSETS.items() if path.endswith(".js")]
    assert not any(re.search(r'^import .*"[./]+types\.js"', text, re.M) for text in scripts)


def test_what_the_page_says_at_once_comes_with_it() -> None:
    """Texts of what is fetched later are fetched with it: lang/more/."""
    english = ASSETS["/lang/en.js"].body.decode()
    here = set(re.findall(r"^  (\w+):", english, re.M))
    for path in _needed_at_once():
        if path.startswith("/js/"):
            source = ASSETS[path].body.decode()
            asked = set(re.findall(r'\b(?:t|parts)\(\s*"(\w+)"', source))
            assert asked <= here, f"{path} says {asked - here}"


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    page = ASSETS["/"].body.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_the_page_names_all_modules_it_needs_at_once() -> None:
    """So that they come together, not one finding the next."""
    page = ASSETS["/"].body.decode()
    named = set(re.findall(r'rel="modulepreload" href="([^"]+)"', page))
    assert named == _needed_at_once() - {"/js/main.js"}


def test_the_policy_comes_with_what_a_browser_runs_by_itself() -> None:
    with_policy = [p for p, a in ASSETS.items() if "Content-Security-Policy" in a.headers]
    assert sorted(with_policy) == ["/", "/sw.js"]
    assert all(a.headers["X-Content-Type-Options"] == "nosniff" for a in ASSETS.values())
