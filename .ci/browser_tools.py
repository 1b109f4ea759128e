"""The tools of `python3 check.py browser`, which check the browser's code.

prettier formats, eslint finds mistakes, tsc checks the types in comments (JSDoc). All come from npm
(npm_clients.py) and are configured in browser/.
"""

from __future__ import annotations

import npm_clients

_FILES = ["src/hubbub/web/**/*.js", "src/hubbub/web/*.css", "tests/web/*.mjs", ".ci/browser/*.mjs"]
_CONFIG = ".ci/browser/"


def checks() -> list[list[str]]:
    """The commands, run in the clone; each prints little or nothing on success."""
    return [[*_prettier(), "--check"], _eslint(), _types("tsconfig.json"), _types("worker.json")]


def fixes() -> list[list[str]]:
    """The commands that fix what can be fixed; none if the tools are not installed."""
    return [[*_eslint(), "--fix"], [*_prettier(), "--write"]] if npm_clients.installed() else []


def _prettier() -> list[str]:
    words = ["--config", _CONFIG + "prettier.json", "--log-level", "warn"]
    return _tool("prettier/bin/prettier.cjs", *words, *_FILES)


def _eslint() -> list[str]:
    words = ["--config", _CONFIG + "eslint.config.mjs", "--max-warnings", "0"]
    return _tool("eslint/bin/eslint.js", *words, "src/hubbub/web", "tests/web")


def _types(project: str) -> list[str]:
    return _tool("typescript/bin/tsc", "--project", _CONFIG + project)


def _tool(path: str, *words: str) -> list[str]:
    return [npm_clients.node(), str(npm_clients.package(path)), *words]
