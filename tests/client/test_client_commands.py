"""The table of what can be typed."""

from hubbub.client import commands


def test_help_names_every_command_and_fits_a_terminal():
    lines = commands.help_lines()
    assert len(lines) == len(set(commands.COMMANDS.values()))
    for line, entry in zip(lines, dict.fromkeys(commands.COMMANDS.values()), strict=True):
        assert line.startswith(entry.usage)
        assert line.endswith(entry.description)
        assert len(line) <= 80
