"""Lesson 2, solved: says back every line that it is told."""

import socket
import sys


def main(port):
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            connection, _ = door.accept()
            with connection:
                try:
                    talk(connection)
                except OSError:
                    pass


def talk(connection):
    unfinished = ""
    while data := connection.recv(4096):
        *lines, unfinished = (unfinished + data.decode()).split("\n")
        for line in lines:
            connection.sendall(f"you said: {line.strip()}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
