"""Lesson 3, solved: finds the line first, and decodes it then."""

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
    unfinished = b""
    while data := connection.recv(4096):
        *lines, unfinished = (unfinished + data).split(b"\n")
        for line in lines:
            message = line.decode(errors="replace").strip()
            connection.sendall(f"you said: {message}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
