#!/usr/bin/env python3
"""Speed of search: the first page of results among a million messages.

    python3 bench/search.py                      a minute; makes 1,000,000 messages first
    python3 bench/search.py --messages 100000

The messages consist of 50,000 words with natural frequencies (Zipf), in 200 channels from 500
people; one in fifty is Japanese, one in fifty has a link. Each kind of query runs many times with
different words, through `Log.search`, 20 results per page: median, 99th percentile and maximum.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from hubbub.events.kinds import Entry, MessageSent
from hubbub.log.ranges import Range
from hubbub.log.search import parse
from hubbub.log.sqlite import SqliteLog

START = 1_700_000_000_000
CHANNELS = [f"#channel{number}" for number in range(200)]
PEOPLE = [f"person{number}" for number in range(500)]
KANJI = "東京都大学生日本語会社員今年中国時間人気新聞電車水曜土木金月火山川田町村"


class Words:
    """Words as frequent as words are."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        syllables = [c + v for c in "bdfghklmnprstvw" for v in "aeiou"]
        names: set[str] = set()
        while len(names) < 50_000:
            names.add(
                "".join(self.random.choices(syllables, k=self.random.choice((1, 2, 2, 3, 3, 4))))
            )
        self.words = sorted(names, key=lambda word: (len(word), word))
        self._sums = list(itertools.accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

    def word(self) -> str:
        return self.words[bisect.bisect(self._sums, self.random.random() * self._sums[-1])]

    def text(self) -> str:
        kind = self.random.randrange(50)
        if kind == 0:
            return "".join(self.random.choices(KANJI, k=self.random.randrange(4, 30)))
        text = " ".join(self.word() for _ in range(self.random.randrange(2, 16)))
        return f"{text} https://example.org/{self.word()}" if kind == 1 else text


def fill(log: SqliteLog, words: Words, count: int) -> None:
    pick = words.random.choice
    position = 0
    while position < count:
        batch = []
        for _ in range(min(5_000, count - position)):
            position += 1
            nick, channel = pick(PEOPLE), pick(CHANNELS)
            said = MessageSent(
                1,
                f"{nick}!~{nick}@127.0.0.1",
                None,
                "PRIVMSG",
                channel,
                None,
                channel,
                words.text(),
            )
            batch.append(Entry(position, START + position * 1000, said))
        log.append(batch)


def queries(words: Words) -> dict[str, Callable[[], tuple[str, list[str]]]]:
    """Kinds of queries: each gives a query and the channels that may be searched."""
    rare = words.words[2_000:]
    pick = words.random.choice
    some = CHANNELS[:10]
    return {
        "one frequent word": lambda: (pick(words.words[:20]), CHANNELS),
        "one word, as frequent as words are": lambda: (words.word(), CHANNELS),
        "one rare word": lambda: (pick(rare), CHANNELS),
        "a word that is nowhere": lambda: (f"zz{words.word()}", CHANNELS),
        "two words": lambda: (f"{words.word()} {words.word()}", CHANNELS),
        "a frequent and a rare word": lambda: (f"{pick(words.words[:20])} {pick(rare)}", CHANNELS),
        "a phrase": lambda: (f'"{words.word()} {words.word()}"', CHANNELS),
        "a prefix of two letters": lambda: (f"{pick(rare)[:2]}*", CHANNELS),
        "a prefix of four letters": lambda: (f"{pick(rare)[:4]}*", CHANNELS),
        "one Chinese character": lambda: (pick(KANJI), CHANNELS),
        "three Chinese characters": lambda: ("".join(words.random.choices(KANJI, k=3)), CHANNELS),
        "a word, in ten channels": lambda: (words.word(), some),
        "a word, in one channel": lambda: (f"{words.word()} in:{pick(CHANNELS)}", CHANNELS),
        "a word from somebody": lambda: (f"{words.word()} from:{pick(PEOPLE)}", CHANNELS),
        "all from somebody": lambda: (f"from:{pick(PEOPLE)}", CHANNELS),
        "links from somebody": lambda: (f"has:link from:{pick(PEOPLE)}", CHANNELS),
        "a word, before a day": lambda: (f"{words.word()} before:2023-11-17", CHANNELS),
    }


def measure(log: SqliteLog, ask: Callable[[], tuple[str, list[str]]], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        text, channels = ask()
        began = time.perf_counter()
        log.search(parse(text), channels, None, Range(limit=20))
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def line(name: str, taken: list[float]) -> str:
    middle, late = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    return f"{name:<40} p50 {middle:7.2f} ms   p99 {late:7.2f} ms   worst {taken[-1]:7.2f} ms"


def measured(log: SqliteLog, words: Words, times: int) -> Iterator[str]:
    all_of_them: list[float] = []
    for name, ask in queries(words).items():
        taken = measure(log, ask, times)
        all_of_them += taken
        yield line(name, taken)
    yield line("all of them", sorted(all_of_them))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=100, help="queries of each kind")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-search-", dir=asked.dir) as name:
        words = Words(1)
        log = SqliteLog(Path(name) / "chat.db", durable=False)
        began = time.perf_counter()
        fill(log, words, asked.messages)
        written = time.perf_counter()
        log.index.catch_up()
        indexed = time.perf_counter()
        sizes = [path.stat().st_size / asked.messages for path in (log.path, log.index.path)]
        print(
            f"{asked.messages:,} messages: made and written in {written - began:.0f} s, indexed"
            f" {indexed - written:.0f} s later; {sizes[0]:.0f} bytes a message in chat.db,"
            f" {sizes[1]:.0f} in chat-index.db",
            flush=True,
        )
        for text in measured(log, words, asked.times):
            print(text, flush=True)
        log.close()


if __name__ == "__main__":
    main()
