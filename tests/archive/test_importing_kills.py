"""A kill at any point of an import: a repeated import is complete, without duplicates."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.archive.verify import verify
from hubbub.cli import main
from hubbub.events.kinds import Reacted
from hubbub.log.ranges import Range
from hubbub.log.sqlite import SqliteLog

TIME = 1_706_702_400_000
WORDS = ["one", "two", "two", "three", "four", "five"]


def jsonl(*records):
    return "".join(f"{json.dumps(record)}\n" for record in records)


def iso(n):
    return f"2024-01-31T12:00:0{n}+00:00"


#: The same words in every format, the second and third at one time; a reaction where there are any.
EXPORTS = {
    "irssi": {
        "#tea.log": "--- Log opened Wed Jan 31 12:00:00 2024\n"
        + "".join(f"12:00 < ann> {word}\n" for word in WORDS)
    },
    "weechat": {
        "irc.net.#tea.weechatlog": "".join(f"2024-01-31 12:00:00\tann\t{w}\n" for w in WORDS)
    },
    "znc": {"#tea/2024-01-31.log": "".join(f"[12:00:00] <ann> {word}\n" for word in WORDS)},
    "slack": {
        "channels.json": '[{"id": "C1", "name": "tea"}]',
        "users.json": '[{"id": "U1", "name": "ann"}]',
        "tea/2024-01-31.json": json.dumps(
            [
                {"type": "message", "user": "U1", "text": word, "ts": f"1706702400.00000{n}",
                 "reactions": [{"name": "tada", "users": ["U1"]}]}
                for n, word in enumerate(WORDS)
            ]
        ),
    },
    "discord": {
        "tea.json": json.dumps({
            "guild": {}, "channel": {"id": "7", "name": "tea"},
            "messages": [
                {"id": str(n), "content": word, "timestamp": iso(n), "author": {"name": "ann"},
                 "reactions": [{"emoji": {"name": "+"}, "users": [{"name": "ann"}]}]}
                for n, word in enumerate(WORDS)
            ],
        })
    },
    "mattermost": {
        "import.jsonl": jsonl(
            {"type": "version", "version": 1},
            {"type": "channel", "channel": {"team": "t", "name": "tea", "type": "O"}},
            *({"type": "post", "post": {
                "team": "t", "channel": "tea", "user": "ann", "message": word, "create_at": TIME,
                "reactions": [{"user": "ann", "emoji_name": "tada", "create_at": TIME}]}}
              for word in WORDS),
        )
    },
    "hubbub": {
        "all.jsonl": '{"hubbub":"export","version":1}\n'
        + jsonl(*(
            {"kind": "MessageSent", "msgid": f"000000000{n}-x", "time": iso(n),
             "event": {"source": "ann!a@h", "target": "#tea", "conversation": "#tea", "tags": [],
                       "text": word, "command": "PRIVMSG", "edited": 0}}
            for n, word in enumerate(WORDS)
        ))
    },
}  # fmt: skip

#: Kills itself at each point of an import, in a data directory of its own.
KILLED = """
import os, signal, sys
from hubbub.cli import maintenance as command, main
from hubbub.archive.importing import merging
from hubbub.log.sqlite import SqliteLog

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def at_second(put, left=[1]):
    def put_past(*given):
        put(*given)
        left[0] -= 1
        left[0] >= 0 or killed()
    return put_past

merging._SLICE = 2
source, data = sys.argv[1:]
for point, owner, name, instead in (
    ("writing", SqliteLog, "put_past", at_second(SqliteLog.put_past)),
    ("committing", SqliteLog, "past_changed", killed),
    ("committed", command, "_imported", killed),
):
    child = os.fork()
    if not child:
        setattr(owner, name, instead)
        os._exit(main(["import", source, "--data-dir", f"{data}/{point}", "--timezone", "UTC"]))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, point
"""


def kept(data):
    """What is said and reacted in a data directory, in its order."""
    with contextlib.closing(SqliteLog(data / "chat.db", durable=False)) as log:
        entries = log.history("#tea", Range(limit=100))
        reactions = log.reactions([entry.position for entry in entries])
    assert verify(data / "chat.db").problems == []
    signs = [each.event.reaction for each in reactions if isinstance(each.event, Reacted)]
    return [entry.event.text for entry in entries], signs


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("format", EXPORTS)
def test_an_import_that_was_killed_is_repeated(tmp_path, capsys, format):
    source = tmp_path / "in"
    for name, content in EXPORTS[format].items():
        (source / name).parent.mkdir(exist_ok=True, parents=True)
        (source / name).write_text(content)
    path = Path(main.__code__.co_filename).parents[2]
    subprocess.run(
        [sys.executable, "-c", KILLED, str(source), str(tmp_path)],
        check=True, timeout=60, env=os.environ | {"PYTHONPATH": str(path)},
    )  # fmt: skip
    points = {"writing": [], "committing": [], "committed": WORDS}
    for point, there in points.items():
        data = tmp_path / point
        assert kept(data)[0] == there, point
        asked = ["import", str(source), "--data-dir", str(data), "--timezone", "UTC"]
        assert main(asked) == 0
        texts, signs = kept(data)
        assert texts == WORDS, point
        assert len(signs) == (len(WORDS) if "reactions" in str(EXPORTS[format]) else 0)
    assert "0 messages and 0 reactions imported" in capsys.readouterr().out
