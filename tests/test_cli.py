"""The command line: arguments, output, exit codes."""

import contextlib
import shlex
import sqlite3

import pytest

from hubbub import __version__, cli, config
from hubbub.cli import parsing, subcommands
from hubbub.handlers.orders import ORDERS


@pytest.fixture
def said(capsys):
    """Run `hubbub ...` and see (exit code, stdout, stderr)."""

    def run(*words):
        try:
            code = cli.main(words)
        except SystemExit as leaving:  # argparse, after --help and --version
            code = leaving.code
        return code, *capsys.readouterr()

    return run


def test_version_names_what_a_report_needs(said):
    code, out, err = said("--version")
    assert (code, err) == (0, "")
    assert out.startswith(f"Hubbub {__version__}, Python 3.")
    assert out.endswith(f"SQLite {sqlite3.sqlite_version}\n")
    assert said("serve", "--version") == (0, out, "")


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in cli.COMMANDS)])
def test_help_begins_with_examples_and_fits_a_terminal(said, words, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = said(*words)
    assert (code, err) == (0, "")
    assert out.startswith("Examples:\n  hubbub ")
    assert max(map(len, out.splitlines())) < 80


def test_the_orders_of_admin_fit_a_terminal_and_each_stands_there(said):
    code, out, _ = said("admin")
    assert code == 0
    assert max(map(len, out.splitlines())) < 80
    named = {line.split()[0] for line in out.splitlines()[2:] if line[2:3] != " "}
    assert named == set(ORDERS)


def test_every_example_is_a_command_line_that_can_be_read():
    for command in cli.COMMANDS.values():
        for typed, _ in command.examples:
            words = shlex.split(typed.partition(">")[0])
            with contextlib.suppress(SystemExit):  # what prints something and is done
                parsing.Parser(command, command.name).parse_args(words)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["serve", "300.1.1.1"], "300.1.1.1 is not an IPv4 address"),
        (["serve", "127.0.0.1", "99999"], "port 99999 does not exist"),
        (["serve", "127.0.0.1", "0"], "port 0 does not exist"),
        (["serve", "--threads", "many"], "threads: 'many' is not a whole number"),
        (["serve", "--set", "tls.ceert=x"], "tls.ceert: unknown setting, did you mean tls.cert?"),
        (["serve", "--set", "port"], "--set port: write it as NAME=VALUE"),
        (["serve", "--config", "none.toml"], "none.toml: No such file"),
        (["serve", "--colour"], "unrecognized arguments: --colour"),
        (["client", "300.1.1.1"], "300.1.1.1 is not an IPv4 address"),
        (["client", "127.0.0.1", "0"], "port 0 does not exist"),
        (["client", "127.0.0.1", "x"], "'x' is not a port"),
        (["client", "bad host"], "'bad host' is neither an address nor a host name"),
        (["account", "suspend", "--days", "0", "bob"], "--days: give a number above 0"),
        (["account", "delete", "bob", "--days", "7"], "delete takes no TIME"),
        (["account", "create"], "use it like this: python3 hubbub account create ACCOUNT [EMAIL]"),
        (["admin", "delete", "bob", "twice"], "'twice': here only the word erase can stand"),
        (["srve"], "srve: no such command, did you mean serve?"),
        (["fly"], "fly: no such command, it is one of serve"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_code_2(said, words, line):
    code, out, err = said(*words)
    assert (code, out) == (2, "")
    assert line in err
    assert err.startswith("hubbub")
    assert err.count("\n") == 1


def test_config_prints_the_sample_with_what_is_set(said, monkeypatch):
    monkeypatch.setenv("HUBBUB_THREADS", "3")
    code, out, _ = said("config", "--set", "limits.targets=5")
    assert code == 0
    assert "\nthreads = 3\n" in out
    assert "\ntargets = 5\n" in out
    assert "\n#port = 50000\n" in out


def test_a_clone_without_the_command_hubbub_prints_it_too(said):
    assert said("serve", "--print-config") == said("config")


def test_the_short_flags_are_settings(monkeypatch):
    parser = parsing.Parser(cli.COMMANDS["serve"], "serve")
    words = "--threads 2 --max-clients 9 --data-dir d --no-log-text --log-level debug ::1 6667"
    settings = subcommands.settings_from(parser.parse_args(words.split()))
    assert settings == config.load(
        {"threads": "2", "max_clients": "9", "data_dir": "d", "log_text": "false",
         "log_level": "debug", "host": "::1", "port": "6667"}
    )  # fmt: skip


def test_only_the_environment_can_ask_for_any_free_port(monkeypatch):
    monkeypatch.setenv("HUBBUB_PORT", "0")
    parser = parsing.Parser(cli.COMMANDS["serve"], "serve")
    assert subcommands.settings_from(parser.parse_args([])).port == 0
