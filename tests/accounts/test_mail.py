"""The verification mail, sent to an SMTP server on loopback."""

import socket
import threading
from email import message_from_bytes, policy

import pytest
from running_server import PATIENCE

from hubbub.config import MailSettings
from hubbub.credentials import mail


class Post:
    """An SMTP server for one mail (RFC 5321); `refuse` is the command that it refuses."""

    def __init__(self, refuse=""):
        self.refuse = refuse
        self.data = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        client, _ = self._socket.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b"220 here\r\n")
            for line in lines:
                word = line[:4].decode().strip().upper()
                if word == self.refuse:
                    client.sendall(b"550 no\r\n")
                elif word == "DATA":
                    client.sendall(b"354 go on\r\n")
                    while (text := lines.readline()) != b".\r\n":
                        self.data += text
                    client.sendall(b"250 taken\r\n")
                elif word == "QUIT":
                    client.sendall(b"221 bye\r\n")
                    return
                else:
                    client.sendall(b"250 good\r\n")

    def end(self):
        self._thread.join(PATIENCE)
        self._socket.close()


def settings(port):
    return MailSettings(
        required=True, host="127.0.0.1", port=port, starttls=False, sender="chat@x.example"
    )


def test_the_mail_holds_the_code():
    post = Post()
    mail.send_code(settings(post.port), "alice@example.org", "Hubbub", "alice", "c0de")
    post.end()
    message = message_from_bytes(post.data, policy=policy.default)
    assert (message["To"], message["From"]) == ("alice@example.org", "chat@x.example")
    assert "/VERIFY alice c0de" in message.get_content()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_mail_that_is_refused(command):
    post = Post(refuse=command)
    with pytest.raises(mail.MailFailed):
        mail.send_code(settings(post.port), "alice@example.org", "Hubbub", "alice", "c0de")
    post.end()


def test_no_server_and_no_tls():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(mail.MailFailed):
            mail.send_code(settings(port), "alice@example.org", "Hubbub", "alice", "c0de")
    post = Post()
    with pytest.raises(mail.MailFailed):  # it is asked for and not there: nothing goes in clear
        mail.send_code(
            MailSettings(host="127.0.0.1", port=post.port), "a@b.c", "Hubbub", "alice", "c0de"
        )
    post.end()
    assert post.data == b""


@pytest.mark.parametrize("text", ["a@b", "first.last+tag@mail.example.org", "x@localhost"])
def test_addresses(text):
    assert mail.is_address(text)


@pytest.mark.parametrize(
    "text", ["", "a", "@b", "a@", "a b@c", "a@b c", "a@b\r\nTo: x@y", "a@b,c@d", "<a@b>", "a" * 300]
)
def test_what_is_no_address(text):
    assert not mail.is_address(text)
