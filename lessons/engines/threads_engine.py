"""Two threads for each person: one listens, one writes. Their calls wait; a lock guards the room.

Start it:  python3 threads_engine.py 50001       Talk to it:  nc 127.0.0.1 50001
"""

import queue
import socket
import sys
import threading

from chat import MOST_WAITING, Person, Room

room = Room()
lock = threading.Lock()  # held by the one thread that may read or change the room


def main(port):
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            connection, _ = door.accept()  # waits here for the next person
            accept(connection)


def accept(connection):
    person = Person(room)
    person.connection = connection
    person.waiting = queue.Queue(MOST_WAITING)  # letters for this person; None is the last one
    threading.Thread(target=listen_to, args=[person], daemon=True).start()
    threading.Thread(target=write_to, args=[person], daemon=True).start()


def listen_to(person):
    try:
        while not person.leaving:
            data = person.connection.recv(4096)  # waits here for bytes
            if not data:  # the other side will send no more
                break
            with lock:  # waits here for the threads that listen to others
                post(person.hears(data))
    except OSError:  # the connection is broken
        pass
    with lock:  # waits here, too
        post(room.leaves(person))
        post([(person, None)])


def write_to(person):
    try:
        while True:
            line = person.waiting.get()  # waits here for a letter
            if line is None:
                break
            person.connection.sendall(line.encode() + b"\n")  # waits here while they do not read
    except OSError:
        pass
    let_go(person)
    person.connection.close()


def post(letters):
    """Put letters where the writers find them. It never waits, so nobody can hold up the room."""
    for person, line in letters:
        try:
            person.waiting.put_nowait(line)
        except queue.Full:
            let_go(person)


def let_go(person):
    """Wake both threads of this person, whatever they wait for: they find the connection ended."""
    try:
        person.connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended already
        pass


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except KeyboardInterrupt:
        pass
