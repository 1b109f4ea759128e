"""Lesson 4, solved: whoever says nothing keeps nobody waiting."""

import socket
import sys
import threading

people = {}  # name -> connection
lock = threading.Lock()  # whoever looks at people or changes them holds it


def main(port):
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            connection, _ = door.accept()
            threading.Thread(target=serve, args=[connection]).start()


def serve(connection):
    name = ""
    with connection:
        try:
            lines = lines_from(connection)
            name = next(lines, "")
            enter(name, connection)
            for line in lines:
                with lock:
                    tell(f"{name}: {line}", but=name)
        except OSError:
            pass
        finally:
            leave(name)


def lines_from(connection):
    unfinished = b""
    while data := connection.recv(4096):
        *lines, unfinished = (unfinished + data).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").rstrip("\r")


def enter(name, connection):
    with lock:
        here = " ".join(people)
        tell(f"* {name} came")
        people[name] = connection
        tell_one(connection, f"* here: {here}".rstrip())


def leave(name):
    with lock:
        people.pop(name, None)


def tell(text, but=None):
    for name, connection in people.items():
        if name != but:
            tell_one(connection, text)


def tell_one(connection, text):
    try:
        connection.sendall(f"{text}\n".encode())
    except OSError:
        pass


if __name__ == "__main__":
    main(int(sys.argv[1]))
