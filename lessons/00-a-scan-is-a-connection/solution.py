"""Lesson 0, solved: whoever leaves without a word ends nothing."""

import socket
import sys


def main(port):
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            connection, _ = door.accept()
            with connection:
                talk(connection)


def talk(connection):
    try:
        while data := connection.recv(4096):
            line = data.decode().strip()
            connection.sendall(f"you said: {line}\n".encode())
    except OSError:
        pass  # the connection broke: only this one is over


if __name__ == "__main__":
    main(int(sys.argv[1]))
