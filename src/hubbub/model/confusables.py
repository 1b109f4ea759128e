"""Names that look alike: two people must not be told apart by a Cyrillic letter or a digit.

`skeleton` gives names that look the same the same form (the idea of UTS 39 section 4, with a table
of our own that holds what is common in names). It is for comparing alone; nobody sees it.

Characters that are only another width or style of a letter (full-width, mathematical, circled)
are dealt with by NFKD. Marks are kept: José and Jose look different.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

#: What a reader takes for the letter: capitals stand for themselves, since a capital eta looks
#: like an H and a small one like an n.
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


@lru_cache(maxsize=65536)
def skeleton(name: str) -> str:
    """The form that names which look alike share. Idempotent."""
    if name.isascii():
        return name.translate(_LETTER_OF).lower()
    # Twice: folding case can uncover a letter of the table, and normalising another capital.
    for _ in range(2):
        name = unicodedata.normalize("NFKD", name).translate(_LETTER_OF).casefold()
    return unicodedata.normalize("NFKD", name).translate(_LETTER_OF)
