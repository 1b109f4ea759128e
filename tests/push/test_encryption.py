"""Encryption of push messages, and the server's identification (VAPID)."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from push.receiving import Browser

from hubbub.push.encryption import BadKey, Vapid, decoded, encoded, encrypt


def number(text: str) -> int:
    return int.from_bytes(decoded(text), "big")


def test_the_example_of_rfc_8291() -> None:
    """Its appendix A."""
    auth = "BTBZMqHH6r4Tts7J_aSIgg"
    browser = Browser(number("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), decoded(auth))
    point = (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    assert encoded(browser.point) == point
    sender = ec.derive_private_key(
        number("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), ec.SECP256R1()
    )
    text = b"When I grow up, I want to be a watermelon"
    body = encrypt(text, point, auth, salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"), own=sender)
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmY"
        "WAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexS"
        "gSxsj_Qulcy4a-fN"
    )
    assert browser.read(body) == text


def test_every_message_is_sealed_anew() -> None:
    browser = Browser()
    one, two = (encrypt(b"tea", encoded(browser.point), encoded(browser.auth)) for _ in range(2))
    assert one != two
    assert browser.read(one) == browser.read(two) == b"tea"
    assert b"tea" not in one


@pytest.mark.parametrize("point", ["", "AAAA", encoded(b"\x04" + b"\x01" * 64), "§§"])
def test_what_is_no_key_is_said(point: str) -> None:
    with pytest.raises(BadKey):
        encrypt(b"tea", point, encoded(b"0123456789abcdef"))


def test_the_word_for_a_push_service() -> None:
    vapid = Vapid("secret", "mailto:anna@example.org")
    assert Vapid("secret", "x").public == vapid.public != Vapid("other", "x").public
    header = vapid.authorization("https://push.example/send/abc?d=e", 1_700_000_000)
    scheme, word, key = header.replace(",", "").split(" ")
    assert (scheme, key) == ("vapid", f"k={vapid.public}")
    head, claims, signature = word.removeprefix("t=").split(".")
    assert json.loads(decoded(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(decoded(claims)) == {
        "aud": "https://push.example",
        "exp": 1_700_000_000 + 12 * 3600,
        "sub": "mailto:anna@example.org",
    }
    raw = decoded(signature)
    der = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(vapid.public))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
