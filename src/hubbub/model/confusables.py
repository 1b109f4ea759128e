"""Detect names that look alike, such as two nicks that differ by a Cyrillic letter or a digit.

`skeleton` maps names that look alike to the same string (the idea of UTS 39 section 4, with a
smaller table of characters that are common in names). Skeletons are only compared, never shown.

Characters that are another width or style of a letter (full-width, mathematical, circled) are
handled by NFKD. Marks are kept: José and Jose look different.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

#: Characters that look like the letter. Capitals are listed separately: a capital eta looks like an
#: H, a small one like an n.
_LOOKALIKES = {
    "a": "АаΑαɑ⍺Ꭺꓮ",
    "b": "ВвΒᏴꓐƄ",
    "c": "СсϹϲᏟꓚⅽ",
    "d": "ԁᎠꓓⅾɗ",
    "e": "ЕеΕЄєεɛᎬꓰℯҽ",
    "f": "ҒғϜꓝƒք",
    "g": "ɡԌԍᏀꓖց",
    "h": "НнΗһᎻꓧհ",
    "i": "іΙιɩıᎥꙇ",
    "j": "ЈјϳᎫꓙ",
    "k": "КкΚκᏦꓗ",
    "l": "1I|Ӏӏ∣ǀІⵏꓲⅼᏞꓡ",
    "m": "МмΜᎷꓟⅿ",
    "n": "Νηпոꓠᴨŋ",
    "o": "0ОоΟοօՕᲿꓳ〇ѳסહ",
    "p": "РрΡρᏢꓑƿ",
    "q": "ԚԛգզϘϙ",
    "r": "гᴦᎡꓣɾ",
    "s": "ЅѕᏚꓢƽ",
    "t": "ТтΤτᎢꓔ",
    "u": "υսՍꓴʋ",
    "v": "νѴѵⅴᏙꓦᴠ",
    "w": "ԜԝшШωѡաᎳꓪɯ",
    "x": "ХхΧχⅹꓫ×",
    "y": "УуΥүҮγᎩꓬʏ",
    "z": "ΖᏃꓜʐ",
    "3": "ЗзӠӡƷʒȜȝ",
    "4": "ЧчᏎ",
    "6": "бᏮ",
    "8": "Ȣȣ",
}
_LETTER_OF = {
    ord(lookalike): letter for letter, group in _LOOKALIKES.items() for lookalike in group
}


@lru_cache(maxsize=4096)
def skeleton(name: str) -> str:
    """The string shared by all names that look like `name`. Idempotent."""
    if name.isascii():
        return name.translate(_LETTER_OF).lower()
    # Twice: case folding can produce a letter of the table, and normalising another capital.
    for _ in range(2):
        name = unicodedata.normalize("NFKD", name).translate(_LETTER_OF).casefold()
    return unicodedata.normalize("NFKD", name).translate(_LETTER_OF)
