"""The table of files: complete, closed, small, and under a strict policy."""

from __future__ import annotations

import gzip
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
        if not path.endswith(".js"):
            continue
        folder = path.rsplit("/", 1)[0]
        for name in re.findall(r'(?:from|import\() ?"(\.[^"]+)"', asset.body.decode()):
            parts = folder.split("/")
            for part in name.split("/"):
                if part == "..":
                    parts.pop()
                elif part != ".":
                    parts.append(part)
            assert "/".join(parts) in ASSETS, f"{path} imports {name}"


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


def test_everything_with_two_languages_stays_under_100_kb_over_the_wire() -> None:
    wanted = [p for p in ASSETS if not p.startswith("/lang/") and not p.startswith("/icon-")]
    wanted += ["/lang/en.js"]
    wanted += sorted(p for p in ASSETS if p.startswith("/lang/") and p != "/lang/en.js")[:1]
    total = sum(len(ASSETS[path].gzipped or ASSETS[path].body) for path in wanted)
    assert total < 100_000, total


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    page = ASSETS["/"].body.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
