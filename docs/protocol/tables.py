"""The tables of these pages, written from the code: `python docs/protocol/tables.py`.

Each page keeps its own words around its table, which stands between two comments. A test says when
a table is behind the code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from hubbub.config import Settings
from hubbub.dialects.irc.capabilities import CAPABILITIES, offered
from hubbub.dialects.irc.isupport import MEANINGS, isupport
from hubbub.handlers.command_table import load
from hubbub.handlers.help import HELP
from hubbub.model.masks import EXTBANS
from hubbub.model.privileges import CLASSES, PRIVILEGES
from hubbub.protocol import modes, numerics

HERE = Path(__file__).parent
SPECIFICATIONS = "https://ircv3.net/specs/extensions"
#: Capabilities whose specification is called otherwise.
_PAGES = {
    "cap-notify": "capability-negotiation",
    "draft/event-playback": "chathistory",
    "draft/metadata-2": "metadata",
    "draft/metadata-3": "metadata",
    "sasl": "sasl-3.2",
}
#: Proposals that are not on the site yet.
_PROPOSALS = {
    "draft/authtoken": "https://github.com/ircv3/ircv3-specifications/pull/602",
    "draft/message-edit": "message-edit.md",
    "draft/relaymsg": "https://github.com/ircv3/ircv3-specifications/pull/417",
    "znc.in/playback": "https://wiki.znc.in/Playback",
    "draft/search": "https://github.com/ircv3/ircv3-specifications/pull/496",
    "soju.im/search": "https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md",
    "soju.im/webpush": "https://codeberg.org/emersion/soju/src/branch/master/doc/ext/webpush.md",
    "draft/webpush": "https://github.com/ircv3/ircv3-specifications/pull/471",
    "draft/persistence": "https://github.com/ircv3/ircv3-specifications/pull/503",
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
                     for line in lines)  # fmt: skip


def commands() -> str:
    rows = [
        (f"`{HELP[name].usage}`", HELP[name].does, "yes" if row.anyone else "")
        for name, row in sorted(load().items())
    ]
    return table(("Command", "Effect", "Before registration"), rows)


def all_numerics() -> str:
    found = [
        (number.code, name, number.text or "")
        for name, number in vars(numerics).items()
        if isinstance(number, numerics.Numeric)
    ]
    return table(("Number", "Name", "Text, where it is always the same"), sorted(found))


def capabilities() -> str:
    values = offered(Settings())
    rows = []
    for name in sorted(CAPABILITIES):
        page = _PROPOSALS.get(name)
        if page is None:
            page = f"{SPECIFICATIONS}/{_PAGES.get(name, name.removeprefix('draft/'))}"
        state = "ratified" if "/" not in name else "draft" if name[:6] == "draft/" else "vendor's"
        value = values.get(name)
        shown = "not offered" if value is None else f"`{value}`" if value else ""
        rows.append((f"[{name}]({page})", state, shown))
    return table(("Capability", "State", "Value with the default settings"), rows)


def tokens() -> str:
    rows = [
        (f"`{name}`", f"`{value}`" if value else "", MEANINGS[name])
        for name, value in sorted(isupport(Settings()).items())
    ]
    return table(("Token", "With the default settings", "Meaning"), rows)


def _modes(head: str, meanings: dict[str, str]) -> str:
    rows = [(f"`{letter}`", does) for letter, does in meanings.items()]
    return table((head, "Effect"), sorted(rows, key=lambda row: (row[0].lower(), row[0])))


def channel_modes() -> str:
    return _modes("Mode", {letter: mode.meaning for letter, mode in modes.CHANNEL_MODES.items()})


def prefixes() -> str:
    rows = [
        (f"`{letter}`", f"`{sign}`", modes.PREFIX_MEANINGS[letter])
        for letter, sign in modes.PREFIX_MODES.items()
    ]
    return table(("Mode", "Sign", "Meaning"), rows)


def user_modes() -> str:
    return _modes("Mode", modes.USER_MODES)


def extbans() -> str:
    return table(
        ("Extended ban", "Matches"),
        [(f"`{letter}:`", meaning) for letter, meaning in EXTBANS.items()],
    )


def privileges() -> str:
    rows = [
        (f"`{name}`", does, ", ".join(each for each, held in CLASSES.items() if name in held))
        for name, does in PRIVILEGES.items()
    ]
    return table(("Privilege", "Permits", "In the classes"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "numerics": all_numerics,
    "capabilities": capabilities,
    "isupport": tokens,
    "channel-modes": channel_modes,
    "prefixes": prefixes,
    "user-modes": user_modes,
    "extbans": extbans,
    "privileges": privileges,
}
_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """The pages that have a table."""
    return [page for page in sorted(HERE.glob("*.md")) if _TABLE.search(page.read_text("utf-8"))]


def renewed(text: str) -> str:
    """A page with its tables as the code has them now."""
    return _TABLE.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[3]}", text)


if __name__ == "__main__":
    for page in pages():
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
