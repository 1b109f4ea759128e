"""The connection to the real server breaks at bad moments: nothing is lost or duplicated."""

import asyncio
import contextlib
import re

import pytest
from client_harness import SOON
from running_server import RunningServer

from hubbub.client import Client, ConnectError
from hubbub.client.connection import Backoff


@pytest.fixture
def process(tmp_path, kept_port):
    """A server in its own process, without flood limits, that can be killed and started again."""
    with contextlib.ExitStack() as stack:

        class Process:
            port = kept_port

            def start(self):
                server = RunningServer(tmp_path, port=self.port, limits__flood_burst="0")
                self.server = stack.enter_context(server)
                return self

            def kill(self):
                self.server.kill()

            @property
            def said(self):
                """The texts in #lobby, in order."""
                return [
                    line.partition(" to #lobby: ")[2]
                    for line in self.server.chat_log()
                    if " to #lobby: " in line
                ]

        yield Process().start()


class Way:
    """A proxy to a server that can be cut, with what is on it lost."""

    def __init__(self, port):
        self._to = port
        self._ends = []
        self.echoes_left = None
        """After so many echoes the server's words are swallowed and the way breaks; None: never."""

    async def __aenter__(self):
        self._listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._listening.close()
        self.cut()

    def cut(self):
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _carry(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._ends += [writer, back]
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pour(reader, back), self._pour_counted(there, writer))

    async def _pour(self, reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def _pour_counted(self, reader, writer):
        while line := await reader.readline():
            if self.echoes_left is not None and re.search(rb"label=\S* \S+ PRIVMSG", line):
                self.echoes_left -= 1
                if self.echoes_left < 0:
                    self.cut()
                    return
            writer.write(line)
        writer.close()


def run(story):
    async def in_time():
        async with asyncio.timeout(SOON):
            await story

    asyncio.run(in_time())


def client(port, nick, **more):
    return Client(port=port, nick=nick, backoff=Backoff(base=0.01, most=0.05), **more)


def test_a_server_killed_while_somebody_types_gets_the_line_once(process):
    async def story():
        async with client(process.port, "Alice") as alice, client(process.port, "Bob") as bob:
            await alice.send("#lobby", "before")
            await asyncio.to_thread(process.kill)
            sending = [
                asyncio.create_task(alice.send("#lobby", f"meanwhile {n}")) for n in range(3)
            ]
            await asyncio.to_thread(process.start)
            await asyncio.gather(*sending)
            await bob.send("#lobby", "after")

    run(story())
    assert process.said == ["before", "meanwhile 0", "meanwhile 1", "meanwhile 2", "after"]


@pytest.mark.parametrize("echoes", [0, 3, 20])
def test_a_server_killed_in_the_middle_of_many_lines_has_each_of_them_once(process, echoes):
    async def story():
        async with client(process.port, "Alice") as alice:
            sending = [asyncio.create_task(alice.send("#lobby", str(n))) for n in range(50)]
            while sum(task.done() for task in sending) < echoes:
                await asyncio.sleep(0)
            await asyncio.to_thread(process.kill)
            await asyncio.to_thread(process.start)
            await asyncio.gather(*sending)
            await alice.connect()
            told = await alice.history("#lobby", 200)
            assert [message.text for message in told] == [str(n) for n in range(50)]

    run(story())


def test_tls_with_the_fingerprint_that_the_server_prints(process):
    while "TLS fingerprint (SHA-256)" not in (line := process.server.prints()):
        assert line
    fingerprint = line.split()[-1]

    async def story():
        async with client(process.port, "Alice", tls=True, fingerprint=fingerprint) as alice:
            await alice.send("#lobby", "in secret")
        with pytest.raises(ConnectError, match="cannot be trusted"):
            await client(process.port, "Bob", tls=True).connect()
        wrong = "00" * 32
        other = f"another one, with the fingerprint {re.escape(fingerprint)}$"
        with pytest.raises(ConnectError, match=other):
            await client(process.port, "Carol", tls=True, fingerprint=wrong).connect()

    run(story())
    assert process.said == ["in secret"]


@pytest.mark.parametrize("echoes", [0, 1, 5])
def test_an_echo_lost_on_the_way_makes_no_second_copy(process, echoes):
    async def story():
        async with Way(process.port) as way, client(way.port, "Alice") as alice:
            way.echoes_left = echoes
            sending = [asyncio.create_task(alice.send("#lobby", str(n))) for n in range(10)]
            while way.echoes_left >= 0:
                await asyncio.sleep(0)
            way.echoes_left = None
            deliveries = await asyncio.gather(*sending)
            assert len({delivery.msgid for delivery in deliveries}) == 10

    run(story())
    assert process.said == [str(number) for number in range(10)]


@pytest.mark.parametrize("echoes", [0, 5])
def test_a_private_message_whose_echo_was_lost_arrives_once(process, echoes):
    """No history tells of it: the server knows it again by its label."""

    async def story():
        async with (
            Way(process.port) as way,
            client(way.port, "Alice") as alice,
            client(process.port, "Bob") as bob,
        ):
            way.echoes_left = echoes
            sending = [asyncio.create_task(alice.send("Bob", str(n))) for n in range(10)]
            while way.echoes_left >= 0:
                await asyncio.sleep(0)
            way.echoes_left = None
            await asyncio.gather(*sending)
            await alice.send("Bob", "end")
            heard = [await anext(bob.messages()) for _ in range(11)]
            assert [message.text for message in heard] == [*map(str, range(10)), "end"]

    run(story())


def test_what_was_said_while_the_way_was_broken_is_told_once_and_in_order(process):
    async def story():
        async with (
            Way(process.port) as way,
            client(process.port, "Bob") as bob,
            client(way.port, "Alice") as alice,
        ):
            for number in range(250):
                if number in (20, 130):
                    way.cut()
                await bob.send("#lobby", str(number))
            heard = []
            async for message in alice.messages():
                heard.append(message.text)
                if message.text == "249":
                    break
            assert heard == [str(number) for number in range(250)]

    run(story())


def test_who_comes_in_is_told_the_last_twenty(process):
    async def story():
        async with client(process.port, "Bob") as bob:
            for number in range(25):
                await bob.send("#lobby", str(number))
            async with client(process.port, "Alice") as alice:
                told = await alice.history("#lobby", 20)
                assert [message.text for message in told] == [str(n) for n in range(5, 25)]
                earlier = await alice.history("#lobby", 20, before=told[0].msgid)
                assert [message.text for message in earlier] == [str(n) for n in range(5)]

    run(story())
