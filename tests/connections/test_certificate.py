import asyncio
import datetime
import ipaddress
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from running_server import PATIENCE

from hubbub.connections.certificate import (
    SELF_SIGNED_FILE,
    Certificate,
    CertificateError,
    CertificateProvider,
    load_certificate,
    self_signed_certificate,
)


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    first = self_signed_certificate(tmp_path, ["chat.example.org", "192.0.2.1"])
    again = self_signed_certificate(tmp_path)
    assert first.fingerprint == again.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == [SELF_SIGNED_FILE]
    assert first.readable_fingerprint.replace(":", "").lower() == first.fingerprint
    assert len(first.readable_fingerprint) == 95


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bits")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = self_signed_certificate(tmp_path).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_names_this_machine_and_what_it_was_told(tmp_path: Path) -> None:
    path = self_signed_certificate(tmp_path, ["chat.example.org", "192.0.2.1"]).path
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "chat.example.org"} <= set(names.get_values_for_type(x509.DNSName))
    addresses = {ipaddress.ip_address(text) for text in ("127.0.0.1", "::1", "192.0.2.1")}
    assert addresses == set(names.get_values_for_type(x509.IPAddress))
    now = datetime.datetime.now(datetime.UTC)
    assert certificate.not_valid_before_utc < now < certificate.not_valid_after_utc


def test_many_at_once_agree_on_one(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def make(_: int) -> str:
        start.wait()
        return self_signed_certificate(tmp_path).fingerprint

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SELF_SIGNED_FILE]


def test_certificate_and_key_in_two_files(tmp_path: Path) -> None:
    path = self_signed_certificate(tmp_path).path
    key, mark, rest = path.read_text().partition("-----BEGIN CERTIFICATE-----")
    (tmp_path / "key.pem").write_text(key)
    (tmp_path / "cert.pem").write_text(mark + rest)
    loaded = load_certificate(tmp_path / "cert.pem", tmp_path / "key.pem")
    assert loaded.fingerprint == load_certificate(path).fingerprint


def test_what_is_wrong_with_the_files_is_said_in_one_line(tmp_path: Path) -> None:
    good = self_signed_certificate(tmp_path).path
    other = self_signed_certificate(tmp_path / ".." / _made(tmp_path / "other")).path
    only_certificate = tmp_path / "cert.pem"
    only_certificate.write_text(
        "-----BEGIN CERTIFICATE-----" + good.read_text().split("-----BEGIN CERTIFICATE-----")[1]
    )
    garbage = tmp_path / "garbage.pem"
    garbage.write_bytes(bytes(range(256)))
    encrypted = tmp_path / "encrypted.pem"
    encrypted.write_bytes(_encrypted(good))
    cases = {
        (tmp_path / "none.pem", None): "No such file",
        (garbage, None): "",
        (only_certificate, None): "",
        (only_certificate, other): "key values mismatch",
        (only_certificate, encrypted): "without a passphrase",
    }
    for (certificate, key), part in cases.items():
        with pytest.raises(CertificateError) as caught:
            load_certificate(certificate, key)
        message = str(caught.value)
        assert message.startswith(f"cannot use the certificate in {certificate}")
        assert part in message
        assert "\n" not in message


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def _encrypted(path: Path) -> bytes:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(path.read_bytes(), None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


def test_without_cryptography_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(CertificateError, match=r"^TLS is off: .* pip install cryptography"):
        self_signed_certificate(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="cannot write"):
        self_signed_certificate(tmp_path / "missing")


def test_the_keeper_asks_once_and_in_a_thread_of_its_own(certificate: Certificate) -> None:
    threads = []

    def make() -> Certificate:
        threads.append(threading.current_thread())
        return certificate

    provider = CertificateProvider(make)
    assert provider.certificate().result(PATIENCE) is certificate
    assert provider.certificate().result(PATIENCE) is certificate
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


def test_a_reload_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    answers: list[Certificate | CertificateError] = []

    def make() -> Certificate:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    first = self_signed_certificate(_made(tmp_path / "1"))
    second = self_signed_certificate(_made(tmp_path / "2"))
    answers += [CertificateError("none yet"), first, CertificateError("gone"), second]
    provider = CertificateProvider(make)
    assert isinstance(provider.certificate().exception(PATIENCE), CertificateError)
    for reloaded, kept in ((first, first), (None, first), (second, second)):
        outcome = provider.reload()
        assert (outcome.exception(PATIENCE) is None) == (reloaded is not None)
        assert provider.certificate().result(PATIENCE) is kept


def test_a_keeper_may_be_awaited_by_a_loop(certificate: Certificate) -> None:
    async def scene() -> None:
        provider = CertificateProvider(lambda: certificate)
        assert await asyncio.wrap_future(provider.certificate()) is certificate

    asyncio.run(scene())
