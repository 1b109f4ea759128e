"""The QR codes compared with those of segno, module by module."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from running_server import PATIENCE

segno = pytest.importorskip("segno")
NODE = shutil.which("node")
MODULE = Path(__file__).parents[2] / "src" / "hubbub" / "web" / "js" / "qr.js"

SCRIPT = """
import(process.argv[1]).then(({ qrCode }) => {
  const texts = JSON.parse(process.argv[2]);
  const draw = ({ dark }) => dark.map((row) => row.map(Number).join(""));
  const codes = texts.map((text) => [...Array(8).keys()].map((mask) => draw(qrCode(text, mask))));
  console.log(JSON.stringify(codes));
});
"""


@pytest.mark.skipif(NODE is None, reason="no Node: the QR codes were NOT compared")
def test_the_same_squares_as_another_encoder() -> None:
    # Each fills its version to the last bit: after a shorter one segno pads with a needless zero.
    full = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213]
    texts = [("http://hub.example/#" + "a1/B" * 60)[:length] for length in full]
    ran = subprocess.run(
        [str(NODE), "-e", SCRIPT, MODULE.as_uri(), json.dumps(texts)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    versions = set()
    for text, codes in zip(texts, json.loads(ran.stdout), strict=True):
        for mask, ours in enumerate(codes):
            theirs = segno.make_qr(
                text,
                error="m",
                mode="byte",
                encoding="utf-8",
                mask=mask,
                boost_error=False,
                eci=False,
            )
            versions.add(theirs.version)
            assert ours == ["".join(map(str, row)) for row in theirs.matrix], (text, mask)
    assert versions == set(range(1, 11))
