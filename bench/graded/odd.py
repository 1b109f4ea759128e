"""A right server for the lessons that does everything in an unusual, but permitted, way.

Its lines end in CR LF, and it writes them in two pieces; its notices have other words than those of
the engines; it keeps only 100 lines for a person; it ignores lines that are too long, and lines
with control characters; it drops bytes that are not UTF-8.
"""

import contextlib
import os
import socket
import socketserver
import sys
import threading

lock = threading.Lock()
people = {}


class Person(socketserver.BaseRequestHandler):
    def setup(self):
        self.name = None
        self.waiting = []
        self.gone = False
        self.changed = threading.Condition(lock)
        threading.Thread(target=self.write, daemon=True).start()

    def handle(self):
        line, whole = bytearray(), True
        while data := self.receive():
            for byte in data:
                if byte != 10:
                    whole = whole and len(line) < 1000
                    if whole:
                        line.append(byte)
                    continue
                if whole and not self.hear(bytes(line).removesuffix(b"\r")):
                    return
                line, whole = bytearray(), True

    def receive(self):
        try:
            return self.request.recv(7)
        except OSError:
            return b""

    def hear(self, line):
        text = line.decode("utf-8", "ignore")
        with lock:
            if self.name is None:
                self.enter(text)
            elif text == "quit":
                return False
            elif not any(ord(char) < 32 or ord(char) == 127 for char in text):
                self.tell(f"{self.name}: {text}")
        return True

    def enter(self, name):
        if name.lower() in people or not (name.isalnum() and name.isascii() and len(name) <= 20):
            self.post("* sorry")
            return
        self.post(" ".join(["* here:", *(other.name for other in people.values())]))
        self.name = name
        people[name.lower()] = self
        self.tell(f"* welcome {name}!")

    def tell(self, text):
        for other in people.values():
            if other is not self:
                other.post(text)

    def post(self, text):
        self.waiting.append(text.encode() + b"\r\n")
        if len(self.waiting) > 100 and not self.gone:
            self.gone = True
            with contextlib.suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)
        self.changed.notify()

    def write(self):
        while line := self.next_line():
            try:
                self.request.sendall(line[:3])
                self.request.sendall(line[3:])
            except OSError:
                return

    def next_line(self):
        with lock:
            self.changed.wait_for(lambda: self.waiting or self.gone)
            return self.waiting.pop(0) if self.waiting and not self.gone else None

    def finish(self):
        with lock:
            self.gone = True
            self.changed.notify()
            if self.name and people.pop(self.name.lower(), None):
                self.tell(f"* {self.name}: bye")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


if __name__ == "__main__":
    try:
        Server(("127.0.0.1", int(os.environ["PORT"])), Person).serve_forever()
    except KeyboardInterrupt:
        sys.exit()
