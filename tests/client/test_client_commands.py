"""The table of slash commands, and its copy in the manual."""

import asyncio
import re
import subprocess
import sys

from client_harness import ROOT, SOON, clean_environment

from hubbub.client import Client, commands

MANUAL = (ROOT / "docs" / "client.md").read_text("utf-8")


def test_help_names_every_command_and_fits_a_terminal():
    lines = commands.help_lines()
    assert len(lines) == len(set(commands.COMMANDS.values()))
    for line, entry in zip(lines, dict.fromkeys(commands.COMMANDS.values()), strict=True):
        assert line.startswith(entry.usage)
        assert line.endswith(entry.description)
        assert len(line) <= 80


def test_the_manual_has_the_same_table():
    table = MANUAL.partition("| you type | what happens |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(.+)` \| (.+) \|$", table, re.MULTILINE)
    assert rows == [
        (entry.usage, entry.description) for entry in dict.fromkeys(commands.COMMANDS.values())
    ]


def test_the_program_in_the_manual_runs(server, tmp_path):
    program = MANUAL.partition("```python\n")[2].partition("```")[0]
    path = tmp_path / "echo.py"
    path.write_text(program.replace("50000", str(server.port)))
    echo = subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, env=clean_environment(PYTHONUNBUFFERED="1")
    )
    try:
        assert echo.stdout.readline().startswith(b"on disk as ")
        asyncio.run(talk_to_echo(server.port))
    finally:
        echo.kill()
        echo.communicate()


async def talk_to_echo(port):
    async with asyncio.timeout(SOON), Client(port=port, nick="Alice") as alice:
        await alice.send("Echo", "Hello, Echo!")
        answer = await anext(alice.messages())
        assert (answer.sender, answer.text) == ("Echo", "Hello, Echo!")
