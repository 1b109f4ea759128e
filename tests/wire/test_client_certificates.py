"""Login with a certificate: SASL EXTERNAL through a real TLS handshake."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import PATIENCE, RunningServer, Wire
from scripted import Scripted

from hubbub.connections.certificate import self_signed_certificate

PASSWORD = "correct-horse"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    cheap = {"accounts__hash_memory": 1024, "accounts__scram_iterations": 4096}
    with RunningServer(tmp_path_factory.mktemp("certificates"), **cheap) as running:
        yield running
    assert running.errors == []


def pem(directory: Path) -> Path:
    """A certificate that nobody signed, as a person makes one for themselves, with its key."""
    directory.mkdir()
    self_signed_certificate(directory)
    (made,) = directory.glob("*.pem")
    return made


def by_tls(server: RunningServer, shows: Path | None) -> Wire:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if shows is not None:
        context.load_cert_chain(shows)
    plain = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
    return Wire(context.wrap_socket(plain))


def logs_in(server: RunningServer, shows: Path | None) -> str:
    """The numeric that ends the login."""
    wire = by_tls(server, shows)
    wire.sends("CAP REQ sasl", "NICK entering", "USER e 0 * :e", "AUTHENTICATE EXTERNAL")
    wire.until("AUTHENTICATE +")
    wire.sends("AUTHENTICATE +")
    answer = wire.until(" 90")[-1].split()[1]
    if answer == "900":
        answer = wire.until(" 903 ")[-1].split()[1]
    wire.close()
    return answer


def test_the_certificate_that_was_added_logs_in_and_no_other(server, tmp_path):
    mine, another = pem(tmp_path / "mine"), pem(tmp_path / "another")
    wire = by_tls(server, mine)
    wire.sends("NICK dora", "USER d 0 * :d", f"NS REGISTER {PASSWORD}", f"NS CERT ADD {PASSWORD}")
    fingerprint = wire.until("logs you in now")[-1].split(" :")[-1].split()[0]
    assert fingerprint == _sha256(mine)
    wire.sends("WHOIS dora")
    assert wire.until(" 276 ")[-1].endswith(f"has client certificate fingerprint {fingerprint}")
    assert logs_in(server, mine) == "903"
    assert logs_in(server, another) == "904"
    assert logs_in(server, None) == "904"
    wire.sends(f"NS CERT DEL {fingerprint}")
    wire.until("NOTICE dora")
    assert logs_in(server, mine) == "904"
    wire.close()


def _sha256(path: Path) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    return x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(hashes.SHA256()).hex()


@pytest.mark.needs("node", "npm:irc-framework")
def test_irc_framework_logs_in_with_a_certificate(server, tmp_path):
    mine = pem(tmp_path / "mine")
    wire = by_tls(server, mine)
    wire.sends(
        "NICK finn", "USER f 0 * :f", f"NS REGISTER {PASSWORD}", f"NS CERT ADD {PASSWORD}", "QUIT"
    )
    wire.to_the_end()
    options = {
        "host": "127.0.0.1", "port": server.port, "tls": True, "rejectUnauthorized": False,
        "nick": "finn", "sasl_mechanism": "EXTERNAL",
        "client_certificate": {"private_key": mine.read_text(), "certificate": mine.read_text()},
    }  # fmt: skip
    with Scripted("framework.cjs", json.dumps(options), "tcp") as client:
        assert client.until("loggedin")["account"] == "finn"
        client.until("registered", nick="finn")
        client.does("quit", "done")
        assert client.ends() == 0
