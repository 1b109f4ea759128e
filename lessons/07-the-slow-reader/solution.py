"""Lesson 7, solved: whoever does not read holds nobody up."""

import queue
import socket
import sys
import threading

MOST_WAITING = 500  # lines

people = {}  # name -> connection, lines that wait for it
lock = threading.Lock()  # whoever looks at people or changes them holds it


def main(port):
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            connection, _ = door.accept()
            threading.Thread(target=serve, args=[connection], daemon=True).start()


def serve(connection):
    name = ""
    waiting = queue.Queue(MOST_WAITING)
    threading.Thread(target=write_to, args=[connection, waiting], daemon=True).start()
    try:
        lines = lines_from(connection)
        name = enter((connection, waiting), lines)
        for line in lines:
            if line == "quit":
                break
            with lock:
                tell(f"{name}: {line}", but=name)
    except OSError:
        pass
    finally:
        leave(name)
        tell_one((connection, waiting), None)  # the writer ends behind the last line


def write_to(connection, waiting):
    try:
        while (line := waiting.get()) is not None:
            connection.sendall(line)
    except OSError:
        pass
    shut(connection)
    connection.close()


def shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def lines_from(connection):
    unfinished = b""
    while data := connection.recv(4096):
        *lines, unfinished = (unfinished + data).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").rstrip("\r")


def enter(person, lines):
    for name in lines:
        with lock:
            why = refusal(name)
            if not why:
                here = " ".join(people)
                tell(f"* {name} came")
                people[name] = person
                tell_one(person, f"* here: {here}".rstrip())
                return name
        tell_one(person, f"* {why}; try another name")
    return ""


def refusal(name):
    if not name.isalnum() or len(name) > 20:
        return "a name is 1 to 20 letters and digits"
    if name.lower() in [other.lower() for other in people]:
        return f"{name} is here already"
    return ""


def leave(name):
    with lock:
        if people.pop(name, None):
            tell(f"* {name} went")


def tell(text, but=None):
    for name, person in people.items():
        if name != but:
            tell_one(person, text)


def tell_one(person, text):
    connection, waiting = person
    try:
        waiting.put_nowait(text and f"{text}\n".encode())
    except queue.Full:
        shut(connection)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except KeyboardInterrupt:
        pass
