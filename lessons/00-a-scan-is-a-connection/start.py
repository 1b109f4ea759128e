"""Lesson 0: says back everybody's line. It works, until somebody says nothing."""

import socket
import sys


def main(port):
    with socket.create_server(("127.0.0.1", port)) as door:
        while True:
            connection, _ = door.accept()
            with connection:
                talk(connection)


def talk(connection):
    while True:
        data = connection.recv(4096)
        line = data.decode().splitlines()[0]
        connection.sendall(f"you said: {line}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
