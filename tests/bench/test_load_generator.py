"""The load generator counts correctly, and detects servers that do not."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import servers
from running_server import PATIENCE

Lines = list[bytes]
# (how many messages the channel has had, the member's place, the line) -> what that member is sent
Twist = Callable[[int, int, bytes], Lines]


class TinyServer:
    """Just enough IRC, in this process; `twist` makes it err."""

    def __init__(self, twist: Twist) -> None:
        self.twist = twist
        self.members: dict[bytes, list[asyncio.StreamWriter]] = {}
        self.said: dict[bytes, int] = {}
        self.pongs = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nick = b""
        try:
            while line := (await reader.readline()).rstrip():
                verb, _, rest = line.partition(b" ")
                if verb == b"NICK":
                    nick = rest
                elif verb == b"USER":
                    writer.write(b":tiny 001 %b :Hello\r\n:tiny 422 %b :No MOTD\r\n" % (nick, nick))
                elif verb == b"JOIN":
                    self.members.setdefault(rest, []).append(writer)
                    writer.write(b":tiny 366 %b %b :End\r\n" % (nick, rest))
                elif verb == b"PING":
                    writer.write(b":tiny PONG tiny %b\r\n" % rest)
                elif verb == b"PONG":
                    self.pongs += 1
                elif verb == b"PRIVMSG":
                    self.say(writer, b":%b!u@h %b\r\n" % (nick, line), rest.split()[0])
        except ConnectionError:
            pass  # the generator leaves with a reset
        finally:
            writer.close()

    def say(self, speaker: asyncio.StreamWriter, line: bytes, channel: bytes) -> None:
        number = self.said[channel] = self.said.get(channel, 0) + 1
        for place, member in enumerate(self.members[channel]):
            if member is not speaker:
                for piece in self.twist(number, place, line):
                    member.write(piece)


@asynccontextmanager
async def listening(server: TinyServer) -> AsyncIterator[int]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()


def generate(load: Path, twist: Twist, **settings: int) -> tuple[dict[str, Any], TinyServer]:
    """One channel of four, the first of whom speaks, against a TinyServer."""
    asked = {"members": 4, "window": 4, "milliseconds": 50, "warmup": 0} | settings

    async def run() -> tuple[dict[str, Any], TinyServer]:
        server = TinyServer(twist)
        async with listening(server) as port:
            process = await asyncio.create_subprocess_exec(
                load,
                f"port={port}",
                f"pids={os.getpid()}",
                "at_once=1",  # so that places are handed out in order
                *(f"{name}={value}" for name, value in asked.items()),
                stdout=asyncio.subprocess.PIPE,
            )
            output, _ = await process.communicate()
            assert process.returncode == 0
            return json.loads(output), server

    return asyncio.run(run())


@pytest.fixture
def limit_port(built: dict[str, Path]) -> Iterator[tuple[int, int]]:
    """limit.c, running: its port and process id."""
    with subprocess.Popen([built["limit"], "127.0.0.1", "0"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        line = process.stdout.readline()
        yield int(line.rsplit(b":", 1)[1]), process.pid
        process.terminate()


def honest(_number: int, _place: int, line: bytes) -> Lines:
    return [line]


@pytest.mark.parametrize("check", [0, 1])
@pytest.mark.parametrize("shape", [(1, 30, 5), (5, 6, 2), (20, 2, 1)])
def test_every_message_to_the_bare_server_arrives_once_and_in_order(
    built: dict[str, Path], limit_port: tuple[int, int], shape: tuple[int, int, int], check: int
) -> None:
    port, pid = limit_port
    channels, members, senders = shape
    command = f"port={port} pids={pid} channels={channels} members={members} senders={senders}"
    command += f" milliseconds=100 warmup=10 rate=500 check={check}"
    done = subprocess.run([built["load"], *command.split()], capture_output=True, timeout=PATIENCE)
    assert not done.stderr
    result = json.loads(done.stdout)
    for loop in (result["closed"], result["open"]):
        assert loop["complete"]
        assert (loop["wrong"], loop["strange"]) == (0, 0)
        assert loop["total_received"] == loop["total_sent"] * (members - 1)
    assert result["closed"]["total_sent"] >= 8 * channels * senders  # everybody's window
    assert result["open"]["messages"] == 50  # 500 a second for 100 ms
    assert result["open"]["samples"] == 50 * (members - 1)
    assert 0 <= result["open"]["p50_ms"] <= result["open"]["p99_ms"] <= result["open"]["max_ms"]


@pytest.mark.parametrize("check", [0, 1])
def test_an_honest_server_is_found_to_be_one(built: dict[str, Path], check: int) -> None:
    result, _ = generate(built["load"], honest, check=check)
    assert result["closed"]["complete"]
    assert result["closed"]["wrong"] == 0


def test_lines_that_come_in_single_bytes_are_counted_right(built: dict[str, Path]) -> None:
    result, _ = generate(built["load"], lambda n, place, line: [bytes([b]) for b in line])
    assert result["closed"]["complete"]


def test_a_lost_message_is_noticed(built: dict[str, Path]) -> None:
    def lose_the_third(number: int, place: int, line: bytes) -> Lines:
        return [] if (number, place) == (3, 1) else [line]

    counts = generate(built["load"], lose_the_third, drain=2000)[0]["closed"]
    assert not counts["complete"]
    assert counts["total_received"] == counts["total_sent"] * 3 - 1


def test_a_doubled_message_is_noticed(built: dict[str, Path]) -> None:
    def double_the_third(number: int, place: int, line: bytes) -> Lines:
        return [line, line] if (number, place) == (3, 1) else [line]

    counts = generate(built["load"], double_the_third)[0]["closed"]
    assert not counts["complete"]
    assert counts["total_received"] == counts["total_sent"] * 3 + 1


def test_two_messages_in_the_wrong_order_are_noticed(built: dict[str, Path]) -> None:
    held: Lines = []

    def swap_the_first_two(number: int, place: int, line: bytes) -> Lines:
        if place != 1:
            return [line]
        if number == 1:
            held.append(line)
            return []
        return [line, held.pop()] if held else [line]

    counts = generate(built["load"], swap_the_first_two, check=1)[0]["closed"]
    assert counts["complete"]
    assert counts["wrong"] > 0


@pytest.mark.parametrize("shape", [(1, 30, 5), (5, 6, 2), (20, 2, 1)])
def test_a_channel_keeps_few_in_flight_over_all_its_senders(
    built: dict[str, Path], limit_port: tuple[int, int], shape: tuple[int, int, int]
) -> None:
    port, pid = limit_port
    channels, members, senders = shape
    command = f"port={port} pids={pid} channels={channels} members={members} senders={senders}"
    command += " milliseconds=100 warmup=10 few=8 window=0"
    done = subprocess.run([built["load"], *command.split()], capture_output=True, timeout=PATIENCE)
    assert not done.stderr
    closed = json.loads(done.stdout)["closed"]
    assert closed["complete"]
    assert (closed["wrong"], closed["strange"]) == (0, 0)
    assert closed["total_sent"] > 8 * channels  # each place in the row was refilled


def test_no_message_follows_one_that_a_member_lacks(built: dict[str, Path]) -> None:
    def lose_one(number: int, place: int, line: bytes) -> Lines:
        return [] if (number, place) == (2, 1) else [line]

    settings = {"few": 1, "window": 0, "drain": 200}
    counts = generate(built["load"], lose_one, **settings)[0]["closed"]
    assert not counts["complete"]
    assert counts["total_sent"] == 2  # the third waits for member 1


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Running]:
    directory = tmp_path_factory.mktemp("server")
    with servers.started(servers.known()["hubbub"], directory, os.sched_getaffinity(0)) as running:
        yield running


@pytest.mark.parametrize("way", ["caps=1", "caps=2", "websocket=1", "tls=1", "caps=1 websocket=1"])
def test_every_way_to_connect_delivers_everything_once(
    built: dict[str, Path], real_server: servers.Running, way: str
) -> None:
    command = f"port={real_server.port} pids={real_server.process.pid} channels=3 members=4 {way}"
    command += " senders=2 milliseconds=100 warmup=10 rate=100 settle=1"
    done = subprocess.run([built["load"], *command.split()], capture_output=True, timeout=PATIENCE)
    assert not done.stderr
    result = json.loads(done.stdout)
    for loop in (result["closed"], result["open"]):
        assert loop["complete"]
        assert (loop["wrong"], loop["strange"]) == (0, 0)
    sent, received = result["closed"]["total_sent"], result["closed"]["total_received"]
    assert (received > sent * 3) == ("caps" in way)  # echoes
    assert result["settled"]["messages"] == sent
    assert result["settled"]["server_cpu"] > 0


def test_half_of_the_clients_come_as_a_storm(
    built: dict[str, Path], limit_port: tuple[int, int]
) -> None:
    port, pid = limit_port
    command = f"port={port} pids={pid} members=40 storm=1 idle=1"
    done = subprocess.run([built["load"], *command.split()], capture_output=True, timeout=PATIENCE)
    assert not done.stderr
    result = json.loads(done.stdout)
    assert result["clients"] == 40
    assert result["join"]["seconds"] > 0


def test_a_ping_between_messages_is_answered_and_not_counted(built: dict[str, Path]) -> None:
    def ask_for_life(number: int, _place: int, line: bytes) -> Lines:
        return [b"PING :alive\r\n", line] if number <= 2 else [line]

    result, server = generate(built["load"], ask_for_life)
    assert result["closed"]["complete"]
    assert server.pongs == 2 * 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("port=0", "port=1-65535 is needed"),
        ("port=1 members=2 senders=2", "senders=1 to members-1"),
        ("port=1 colour=red", "no setting colour"),
        ("port=1 members=2", "connect: Connection refused"),
        ("port=1 members=2 tls=1 websocket=1", "tls or websocket"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    built: dict[str, Path], arguments: str, words: str
) -> None:
    done = subprocess.run(
        [built["load"], *arguments.split()], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 1
    assert done.stderr == f"load: {words}\n"
