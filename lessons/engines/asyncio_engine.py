"""Two tasks for each person, one thread for all tasks. A task waits only where `await` stands.

Start it:  python3 asyncio_engine.py 50001       Talk to it:  nc 127.0.0.1 50001
"""

import asyncio
import sys

from chat import MOST_WAITING, Person, Room

room = Room()


async def main(port):
    async with await asyncio.start_server(accept, "127.0.0.1", port) as door:
        await door.serve_forever()  # waits here; asyncio calls accept() for each person


def accept(reader, writer):
    person = Person(room)
    person.reader, person.writer = reader, writer
    person.waiting = asyncio.Queue(MOST_WAITING)  # letters for this person; None is the last one
    person.tasks = [asyncio.create_task(task(person)) for task in (listen_to, write_to)]


async def listen_to(person):
    try:
        while not person.leaving:
            data = await person.reader.read(4096)  # waits here for bytes
            if not data:  # the other side will send no more
                break
            post(person.hears(data))
    except OSError:  # the connection is broken
        pass
    post(room.leaves(person))
    post([(person, None)])


async def write_to(person):
    try:
        while True:
            line = await person.waiting.get()  # waits here for a letter
            if line is None:
                break
            person.writer.write(line.encode() + b"\n")
            await person.writer.drain()  # waits here while they do not read
    except OSError:
        pass
    person.writer.close()


def post(letters):
    """Put letters where the writers find them. It never waits, so nobody can hold up the room."""
    for person, line in letters:
        try:
            person.waiting.put_nowait(line)
        except asyncio.QueueFull:
            let_go(person)


def let_go(person):
    """End the connection: both tasks of this person find it ended."""
    person.writer.transport.abort()


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1])))
    except KeyboardInterrupt:
        pass
