"""The library against the real server and against one that misbehaves."""

import asyncio

import pytest
from client_harness import SOON, played

from hubbub.client import Client, ConnectError, NickTakenError, NotDeliveredError, events
from hubbub.client.connection import Backoff
from hubbub.client.errors import ClientError
from hubbub.client.library import Patience


def run(story):
    """Run a story to its end, within reason."""

    async def in_time():
        async with asyncio.timeout(SOON):
            return await story

    return asyncio.run(in_time())


def client(port, nick, **more):
    """A client that does not wait long between two attempts."""
    return Client(port=port, nick=nick, backoff=Backoff(base=0.01, most=0.05), **more)


async def next_message(of):
    return await anext(of.messages())


def test_a_message_sent_is_on_disk_and_heard(server):
    async def story():
        async with client(server.port, "Alice") as alice, client(server.port, "Bob") as bob:
            delivery = await alice.send("#lobby", "Hello, Bob!")
            heard = await next_message(bob)
            assert (heard.sender, heard.where, heard.text) == ("Alice", "#lobby", "Hello, Bob!")
            assert heard.msgid == delivery.msgid != ""
            assert heard.time == delivery.time is not None
            await bob.send("Alice", "psst")
            private = await next_message(alice)
            assert (private.where, private.private) == ("Bob", True)

    run(story())


def test_channels_names_and_new_nicks(server):
    async def story():
        async with client(server.port, "Alice") as alice, client(server.port, "Bob") as bob:
            await alice.join("#tea")
            await bob.join("#tea")
            assert sorted(await bob.names("#tea")) == ["@Alice", "Bob"]
            await bob.rename("Robert")
            assert bob.nick == "Robert"
            await bob.part("#tea", "bye")
            with pytest.raises(ClientError, match="not in #tea"):
                await bob.part("#tea")
            with pytest.raises(NotDeliveredError):
                await bob.send("#nowhere", "anybody?")

    run(story())


def test_a_long_text_arrives_whole(server):
    async def story():
        text = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. " * 30
        async with client(server.port, "Alice") as alice, client(server.port, "Bob") as bob:
            await alice.send("#lobby", text)
            parts = []
            while " ".join(parts).split() != text.split():
                parts.append((await next_message(bob)).text)
            assert len(parts) > 3

    run(story())


def test_a_taken_nick_is_refused_and_another_one_can_be_chosen(server):
    async def story():
        async with client(server.port, "Alice"):
            second = client(server.port, "Alice")
            with pytest.raises(NickTakenError):
                await second.connect()
            await second.rename("Alicia")
            await second.connect()
            assert second.nick == "Alicia"
            await second.send("#lobby", "hello")
            await second.close()

    run(story())


def test_no_server_is_a_clear_error():
    with pytest.raises(ConnectError, match="nothing listens there"):
        run(client(1, "Alice").connect())


def test_a_server_of_another_kind_is_a_clear_error():
    async def ssh(connection):
        connection.says("SSH-2.0-OpenSSH_9.9")
        while await connection.hears():
            pass

    async def story():
        async with played(ssh) as port:
            with pytest.raises(ConnectError, match="does not speak IRC"):
                await client(port, "Alice", patience=Patience(register=0.05)).connect()

    run(story())


def test_a_server_that_does_not_let_us_in_says_why():
    async def banned(connection):
        await connection.hears_until("USER")
        connection.says(":s 465 * :You are banned", "ERROR :Closing link: banned")

    async def story():
        async with played(banned) as port:
            with pytest.raises(ConnectError, match=r"^banned$"):
                await client(port, "Alice").connect()

    run(story())


def test_a_line_whose_echo_was_lost_goes_out_again_with_its_label():
    labels = []

    async def loses_the_echo(connection):
        await connection.welcomes("Alice")
        labels.append((await connection.hears_until("PRIVMSG")).partition(" ")[0])
        connection.breaks()

    async def answers(connection):
        await connection.welcomes("Alice")
        labels.append((await connection.hears_until("PRIVMSG")).partition(" ")[0])
        connection.says(f"{labels[-1]};msgid=m1 :Alice!u@h PRIVMSG #lobby :hello")
        await connection.hears_until("QUIT")

    async def story():
        async with played(loses_the_echo, answers) as port, client(port, "Alice") as alice:
            delivery = await alice.send("#lobby", "hello")
            assert delivery.msgid == "m1"
        assert labels[0] == labels[1]

    run(story())


def test_labels_of_two_runs_never_meet():
    one, two = (client(1, "Alice").state.pending.add("#a", "x").label for _ in range(2))
    assert one != two
    assert len(one) <= 64


def test_a_silent_server_is_asked_and_then_given_up():
    hasty = Patience(ping_every=0.02, silence=0.02, farewell=0.02)
    came_back = asyncio.Event()
    seen, clients = [], []

    async def falls_silent(connection):
        await connection.welcomes("Alice")
        await connection.hears_until("PING rtt-1")
        await connection.hears_until("nothing more")

    async def comes_back(connection):
        clients[0].patience = hasty._replace(silence=SOON)
        await connection.welcomes("Alice")
        came_back.set()
        while line := await connection.hears():
            if line.startswith("PING"):
                connection.says(f":s PONG s {line.split()[1]}")

    async def story():
        async with played(falls_silent, comes_back) as port:
            alice = client(port, "Alice", observer=seen.append, patience=hasty)
            clients.append(alice)
            await alice.connect()
            await came_back.wait()
            while alice.rtt is None:
                await asyncio.sleep(0)
            await alice.close()

    with pytest.raises(AssertionError, match="left without nothing more"):
        run(story())
    (lost,) = (event for event in seen if isinstance(event, events.Connecting))
    assert lost.reason.startswith("the server has been silent")


def test_a_restarted_server_finds_the_client_back_and_the_queued_line_once(server):
    async def story():
        async with client(server.port, "Alice") as alice, client(server.port, "Bob") as bob:
            await alice.send("#lobby", "before")
            await asyncio.to_thread(server.stop)
            while alice.connected:
                await asyncio.sleep(0)
            sending = asyncio.create_task(alice.send("#lobby", "meanwhile"))
            await asyncio.sleep(0)
            await asyncio.to_thread(server.start)
            await sending
            await bob.send("#lobby", "still here")
            assert (await next_message(alice)).text == "still here"

    run(story())
    assert server.chat_log.count("Alice to #lobby: meanwhile") == 1


def test_waiting_ends_when_the_client_is_closed():
    async def never_answers(connection):
        await connection.welcomes("Alice")
        await connection.hears_until("QUIT")

    async def story():
        async with played(never_answers) as port:
            alice = client(port, "Alice")
            await alice.connect()
            asking = [
                asyncio.create_task(alice.send("#lobby", "hello")),
                asyncio.create_task(alice.join("#tea")),
                asyncio.create_task(next_message(alice)),
            ]
            await asyncio.sleep(0)
            await alice.close()
            outcomes = await asyncio.gather(*asking, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [
                ClientError,
                ClientError,
                StopAsyncIteration,
            ]

    run(story())


def test_a_program_that_does_not_read_loses_the_oldest_and_can_tell(server):
    async def story():
        async with (
            client(server.port, "Alice") as alice,
            client(server.port, "Bob", most_unread=3) as bob,
        ):
            for number in range(5):
                await alice.send("#lobby", str(number))
            await bob.send("#lobby", "all of it is here before this comes back")
            assert bob.overlooked == 2
            assert (await next_message(bob)).text == "2"

    run(story())
