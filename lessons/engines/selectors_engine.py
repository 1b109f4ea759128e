"""One thread for everybody. The kernel tells who is ready; nothing waits but select().

Start it:  python3 selectors_engine.py 50001       Talk to it:  nc 127.0.0.1 50001
"""

import selectors
import socket
import sys

from chat import MOST_WAITING, Person, Room

room = Room()
ready = selectors.DefaultSelector()


def main(port):
    with socket.create_server(("127.0.0.1", port)) as door:
        door.setblocking(False)
        ready.register(door, selectors.EVENT_READ)
        while True:
            for key, events in ready.select():  # waits here, for whatever comes first
                if key.fileobj is door:
                    accept(door)
                if key.data and events & selectors.EVENT_READ:
                    listen_to(key.data)
                if key.data and events & selectors.EVENT_WRITE:
                    write_to(key.data)


def accept(door):
    try:
        connection, _ = door.accept()  # does not wait: select() has seen somebody
    except OSError:  # they have gone again
        return
    connection.setblocking(False)
    person = Person(room)
    person.connection = connection
    person.waiting = []  # letters for this person, as bytes
    person.here = True
    ready.register(connection, selectors.EVENT_READ, person)


def listen_to(person):
    try:
        data = person.connection.recv(4096)  # does not wait: takes what is there
    except OSError:  # the connection is broken, or was closed a moment ago
        data = b""
    if data:
        post(person.hears(data))
    if not data or person.leaving:  # the other side will send no more, or shall not
        write_to(person)
        let_go(person)


def write_to(person):
    try:
        while person.waiting:
            taken = person.connection.send(person.waiting[0])  # does not wait: gives what fits
            person.waiting[0] = person.waiting[0][taken:]
            if not person.waiting[0]:
                del person.waiting[0]
    except BlockingIOError:  # the kernel has no more room: select() will tell when it has
        pass
    except OSError:
        let_go(person)
    watch(person)


def post(letters):
    """Put letters where write_to finds them. It never waits, so nobody can hold up the room."""
    for person, line in letters:
        person.waiting.append(line.encode() + b"\n")
        watch(person)
        if len(person.waiting) > MOST_WAITING:
            let_go(person)


def let_go(person):
    if person.here:
        person.here = False
        ready.unregister(person.connection)
        person.connection.close()
        post(room.leaves(person))


def watch(person):
    """Ask for room to write only while something waits, or select() would never wait."""
    if person.here:
        writing = selectors.EVENT_WRITE if person.waiting else 0
        ready.modify(person.connection, selectors.EVENT_READ | writing, person)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except KeyboardInterrupt:
        pass
