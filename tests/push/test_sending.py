"""Requests to addresses chosen by strangers: public addresses only, with a time limit."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from push.receiving import HOST, PushService
from running_server import PATIENCE

from hubbub.model.subscriptions import wrong_with
from hubbub.push.sending import NotSent, Sender, is_public

ADDRESS = f"https://{HOST}/send/abc"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    running = PushService(tmp_path)
    yield running
    running.stop()


def to(service: PushService) -> Sender:
    """The one that tests may use: its names lead to the service on loopback."""
    return Sender(
        lambda host, port: ["127.0.0.1"], lambda address: True, service.port, service.trusting
    )


def test_it_is_posted_with_its_headers(service: PushService) -> None:
    assert to(service).post(f"{ADDRESS}?x=1", {"TTL": "60"}, b"body") == 201
    path, headers, body = service.requests.get(timeout=PATIENCE)
    assert (path, headers["ttl"], headers["host"], body) == ("/send/abc?x=1", "60", HOST, b"body")


def test_a_redirect_is_not_followed(service: PushService) -> None:
    service.answer = 307
    assert to(service).post(ADDRESS, {}, b"body") == 307
    assert service.requests.get(timeout=PATIENCE)[0] == "/send/abc"
    assert service.requests.empty()


def test_a_certificate_for_another_name_or_of_nobody_known_is_refused(
    service: PushService,
) -> None:
    with pytest.raises(NotSent, match="certificate"):
        to(service).post("https://other.example/", {}, b"")
    strict = Sender(lambda host, port: ["127.0.0.1"], lambda address: True, service.port)
    with pytest.raises(NotSent, match="certificate"):
        strict.post(ADDRESS, {}, b"")
    assert service.requests.empty()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/", "ftp://push.example/", "https://push.example:8443/x",
        "https://anna@push.example/", "https:///x", "https://[::1]/x", "push.example",
        "https://push.example:99999/", "https://pu sh.example/", "https://push.example/\r\nX: y",
        "https://push.exämple/", "https://" + "a" * 1000, "javascript:alert(1)", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_as_they_stand(endpoint: str) -> None:
    assert wrong_with(endpoint)
    with pytest.raises(NotSent):
        Sender(lambda host, port: ["8.8.8.8"]).post(endpoint, {}, b"")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::",
        "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:db8::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "nonsense",
    ],
)  # fmt: skip
def test_no_name_leads_into_a_private_network(address: str) -> None:
    assert not is_public(address)
    for found in ([address], ["8.8.8.8", address], [address, "8.8.8.8"]):
        with pytest.raises(NotSent, match="private"):
            Sender(lambda host, port, found=found: found).post(ADDRESS, {}, b"")  # type: ignore[misc]


def test_the_internet_is_public() -> None:
    for address in ("8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"):
        assert is_public(address)


def test_the_name_is_looked_up_once(service: PushService) -> None:
    """Who answers otherwise the second time (DNS rebinding) is not asked a second time."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    sender = Sender(resolve, lambda address: True, service.port, service.trusting)
    assert sender.post(ADDRESS, {}, b"") == 201
    assert asked == [HOST]


def test_who_answers_slowly_or_not_at_all_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = threading.Event()

        def drip() -> None:
            wire, _ = silent.accept()
            with wire:
                while not done.wait(0.05):
                    try:
                        wire.sendall(b"\x16")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        port = silent.getsockname()[1]
        sender = Sender(lambda host, port: ["127.0.0.1"], lambda address: True, port, seconds=0.3)
        with pytest.raises(NotSent):
            sender.post(ADDRESS, {}, b"")
        done.set()
        with socket.create_connection(("127.0.0.1", port)):  # it may not have come so far
            pass
        dripping.join()


def test_a_name_server_that_takes_its_time_is_not_waited_for() -> None:
    answered = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        answered.wait(PATIENCE)
        return ["192.0.2.1"]

    with pytest.raises(NotSent, match="not found in time"):
        Sender(slow, seconds=0.2).post(ADDRESS, {}, b"")
    answered.set()
