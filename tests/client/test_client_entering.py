# ruff: noqa: F811  (fixtures of another file)
"""The client and servers that let not everybody in: with a password, or for accounts alone."""

import asyncio
import os
import termios

import pytest
from client_harness import RealServer, played
from harness import CHEAP_HASHES
from test_client_terminal import any_terminal, plain_terminal, terminal  # noqa: F401  (fixtures)

from hubbub.client import Client
from hubbub.client.errors import AccountNeededError, PasswordNeededError

WELCOME = "* Nobody else is in #lobby yet."


@pytest.fixture
def closed(tmp_path, kept_port):
    """A server with a password."""
    running = RealServer(tmp_path, kept_port, more={"password": "open sesame"}).start()
    yield running
    running.stop()


@pytest.fixture
def members(tmp_path, kept_port):
    """A server for people with an account."""
    more = CHEAP_HASHES | {"accounts__required": True}
    running = RealServer(tmp_path, kept_port, more=more).start()
    yield running
    running.stop()


def answers(person, text):
    """Types an answer and Enter, once nothing that is typed would be shown."""
    person.shows(lambda rows: person.line.endswith(":") and is_silent(person))
    os.write(person.master, f"{text}\r".encode())


def is_silent(person):
    return not termios.tcgetattr(person.slave)[3] & termios.ECHO


def test_the_password_is_asked_for_without_echo_and_again_if_it_was_wrong(closed, any_terminal):
    alice = any_terminal(closed.port)
    alice.enters("Alice")
    alice.shows("it has a password")
    answers(alice, "sesame")
    alice.shows("that is not its password")
    answers(alice, "open sesame")
    alice.shows(WELCOME)
    assert "sesame" not in "".join(alice.rows)
    alice.enters("quit")
    assert alice.ends() == 0


def test_in_a_pipe_a_password_is_one_clear_line(closed, piped):
    code, out, err = piped(closed.port, "Alice\nhello\n")
    assert (code, out) == (1, "")
    line = f"hubbub client: cannot connect to 127.0.0.1:{closed.port}: "
    assert err == f"{line}it has a password; give --password\n"
    code, out, err = piped(closed.port, "Alice\nhello\n", "--password", "wrong")
    assert (code, err) == (1, f"{line}that is not its password; give --password\n")
    code, out, err = piped(closed.port, "Alice\nhello\nquit\n", "--password", "open sesame")
    assert (code, out) == (0, "")


def test_where_an_account_is_required_one_can_be_made_at_once(members, any_terminal, piped):
    alice = any_terminal(members.port)
    alice.enters("Alice")
    alice.shows("* Only people with an account may enter.")
    answers(alice, "not-yet-one")
    alice.shows("* Wrong name or password.")
    answers(alice, "")
    alice.shows("Choose a password for Alice:")
    answers(alice, "long-enough")
    alice.shows(WELCOME)
    assert not any("long-enough" in row for row in alice.rows)
    alice.enters("quit")
    assert alice.ends() == 0
    code, _, err = piped(members.port, "Alice\nhello\nquit\n", "--password", "long-enough")
    assert code == 0, err
    code, _, err = piped(members.port, "Alice\nhello\nquit\n", "--password", "wrong")
    assert (code, err.count("\n")) == (1, 1)
    assert "Wrong name or password; give --password" in err
    code, _, err = piped(members.port, "Alice\nhello\n")
    assert (code, err.count("\n")) == (1, 1)
    assert "only people with an account may enter; give --password" in err


def test_programs_are_told_by_errors(closed):
    async def story():
        client = Client(port=closed.port, nick="Bot")
        with pytest.raises(PasswordNeededError):
            await client.connect()
        with pytest.raises(PasswordNeededError):
            await client.give_password("wrong")
        await client.give_password("open sesame")
        assert client.connected
        await client.close()

    asyncio.run(story())


def test_an_account_is_logged_in_to_again_after_a_reconnect(members):
    async def story():
        client = Client(port=members.port, nick="Bot")
        with pytest.raises(AccountNeededError):
            await client.connect()
        with pytest.raises(AccountNeededError, match="password"):
            await client.sign_in("short", new=True)
        await client.sign_in("long-enough", new=True)
        members.stop()
        members.start()
        await client.connect()
        assert client.connected
        await client.close()

    asyncio.run(story())


def test_a_password_that_changed_ends_the_client_and_is_not_guessed_for_ever():
    async def story():
        async def before(server):
            await server.welcomes("Bot")
            server.breaks()

        async def after(server):
            await server.hears_until("NICK")
            server.says(":s 464 * :Password incorrect", "ERROR :Closing link: Password incorrect")

        async with played(before, after) as port:
            client = Client(port=port, nick="Bot", password="old")
            await client.connect()
            with pytest.raises(PasswordNeededError):
                await client.wait_closed()
            await client.close()

    asyncio.run(story())
