"""File names: any input becomes a harmless name."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.files.file_names import clean, disposition, from_disposition, in_link

HOSTILE = {
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "/": "file",
    "..": "file",
    ".": "file",
    "": "file",
    "   ": "file",
    ".bashrc": "bashrc",
    "a\0b.png": "ab.png",
    "\x1b[31mred\x1b[0m.txt": "[31mred[0m.txt",
    "line\r\nSet-Cookie: x.txt": "lineSet-Cookie_ x.txt",
    "photo_\u202egpj.exe": "photo_gpj.exe",
    "zero\u200bwidth.txt": "zerowidth.txt",
    'a"b<c>d|e?f*g.txt': "a_b_c_d_e_f_g.txt",
    "con": "_con",
    "LPT1.txt": "_LPT1.txt",
    "name. . .": "name",
    "caf\u0065\u0301.txt": "caf\u00e9.txt",
    "~": "~",
    "x" * 300 + ".jpeg": "x" * 115 + ".jpeg",
}


@pytest.mark.parametrize(("name", "wanted"), HOSTILE.items())
def test_a_hostile_name_becomes_a_harmless_one(name: str, wanted: str) -> None:
    assert clean(name) == wanted


@given(st.text(max_size=400) | st.sampled_from(list(HOSTILE)).map(lambda name: name + ".html"))
def test_whatever_it_was_it_is_one_visible_word_for_every_system(name: str) -> None:
    found = clean(name)
    assert 0 < len(found) <= 121
    assert not re.search(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f]', found)
    assert found not in (".", "..")
    assert not found.startswith((".", " "))
    assert not found.endswith((".", " "))
    assert not {unicodedata.category(each) for each in found} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert clean(found) == found
    link = in_link(found)
    assert re.fullmatch(r"[A-Za-z0-9._~%-]+", link), link
    assert len(link) < 130
    assert "/" not in unquote(link)
    field = disposition("attachment", found)
    assert field.isascii()
    assert "\n" not in field
    assert from_disposition(field) == found


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('attachment; filename="cat.jpg"', "cat.jpg"),
        ("attachment; filename=cat.jpg", "cat.jpg"),
        ('inline; filename="a \\"b\\".txt"', 'a "b".txt'),
        ("attachment; filename=\"x\"; filename*=UTF-8''caf%C3%A9.txt", "café.txt"),
        ("attachment; filename*=unknown''x; filename=y", "y"),
        ("attachment; filename*=undefined''x; filename=y", "y"),
        ("attachment; filename*=punycode''%ff%ff; filename=y", "y"),
        ("attachment; filename*=UTF-8''%ff; filename=y", "y"),
        ("attachment", ""),
        ("", ""),
        ('attachment; filename="caf\u00c3\u00a9"', "café"),
    ],
)
def test_the_name_of_an_upload(field: str, name: str) -> None:
    assert from_disposition(field) == name
