"""Lesson 1, solved: when the other side has finished, so does the server."""

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
    while data := connection.recv(4096):
        message = data.decode().strip()
        connection.sendall(f"you said: {message}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
