"""A client that disconnects before its lines are sent does not affect the lines of others."""

import asyncio

from client_harness import SOON, RealServer

from hubbub.client import Client
from hubbub.protocol.message import Message


def test_lines_for_a_client_that_is_gone_do_not_stop_those_behind_it(tmp_path):
    server = RealServer(tmp_path).start()
    (thread,) = server.running.threads

    def connection_of(nick):
        return next(c for c in thread.connections if c.session.user.nick == nick)

    def say_as_bob_goes():
        """Bob is among those who shall hear it, and gone when the log has it."""
        alice = connection_of("Alice").session
        connection_of("Bob").abort()
        server.running.hub.receive(alice, [Message("PRIVMSG", ("#lobby", "hello"))])

    async def story():
        clients = [Client(port=server.port, nick=nick) for nick in ("Alice", "Bob", "Carol")]
        for client in clients:
            await client.connect()
            await client.names("#lobby")
        thread.loop.call_soon_threadsafe(say_as_bob_goes)
        async with asyncio.timeout(SOON):
            assert (await anext(clients[2].messages())).text == "hello"
        for client in clients:
            await client.close()

    try:
        asyncio.run(story())
    finally:
        server.stop()
