"""Measure registered documents and data sets: size of the index, time of a look-up, what is found.

    bench/registered.py                                     speed and size, on generated text
    bench/registered.py recall --documents DIR --unrelated DIR [--unrelated DIR …]
                                                            copies found, unrelated texts hit, on yours

The texts for `recall` are files of any format that the gateway reads; the more ordinary, the better.
"""

import argparse
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sealgate_milter.registered import documents, exact, meeting, overlap, registering
from sealgate_milter.registered.from_file import read_file
from sealgate_milter.registered.registering import Reading

KEY = bytes(range(32))
LETTERS = "etaoinshrdlucmfw"


class Language:
    """Endless text of made-up words, some of them much more frequent than others."""

    def __init__(self, seed: int, words: int = 20_000) -> None:
        self.choice = random.Random(seed)
        self.words = ["".join(self.choice.choices(LETTERS, k=self.choice.randint(2, 9))) for _ in range(words)]
        self._weights = list(itertools.accumulate(1 / (place + 3) for place in range(words)))

    def text(self, words: int) -> str:
        return " ".join(self.choice.choices(self.words, cum_weights=self._weights, k=words))

    def edited(self, text: str, share: float) -> str:
        words = text.split()
        return " ".join(self.choice.choice(self.words) if self.choice.random() < share else word for word in words)

    def excerpt(self, text: str, count: int) -> str:
        words = text.split()
        start = self.choice.randrange(max(len(words) - count, 0) + 1)
        return " ".join(words[start : start + count])

    def shuffled(self, text: str) -> str:
        words = text.split()
        pieces = [words[start : start + 40] for start in range(0, len(words), 40)]
        self.choice.shuffle(pieces)
        return " ".join(word for piece in pieces for word in piece)


def timed(look: Callable[[bytes], object], texts: Iterable[bytes]) -> str:
    times = []
    for text in texts:
        start = time.thread_time()
        look(text)
        times.append((time.thread_time() - start) * 1000)
    times.sort()
    return f"p50 {statistics.median(times):.3f} ms, p99 {times[int(len(times) * 0.99)]:.3f} ms of CPU"


def speed_of_documents(count: int) -> None:
    """10,000 documents of ten pages with 500 words each: the bar is 200 MB, and 0.5 ms for a 5 KB mail."""
    language = Language(1)
    start = time.process_time()
    readings = (Reading("all", f"document {n}", [language.text(5000).encode()]) for n in range(count))
    index = registering.add(documents.empty(KEY), readings)
    spent = time.process_time() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / documents.FILE
        documents.save(path, index)
        size = path.stat().st_size / 1e6
        print(f"documents: {count} of 5000 words, {spent:.0f} s to make and register, {size:.0f} MB")
        start = time.process_time()
        held = documents.load(path, KEY)
        print(f"documents: reload {(time.process_time() - start) * 1000:.0f} ms")
        for size in (830, 9000, 170_000):
            texts = [language.text(size).encode() for _ in range(200 if size < 100_000 else 10)]
            times = timed(lambda text: overlap.overlaps(held, [text]), texts)
            print(f"documents: look-up of {len(texts[0]) // 1000} KB: {times}")
        start = time.process_time()
        registering.add(held, [Reading("all", "one more", [language.text(5000).encode()])])
        print(f"documents: adding one {time.process_time() - start:.1f} s")


def speed_of_rows(count: int) -> None:
    """A million rows: the bar is 100 MB, and 1 ms for a 5 KB mail."""
    language = Language(2)
    choice = language.choice
    members = [b"%09d" % number for number in choice.sample(range(10**9), count)]
    # Of other words than the mail: a name of two frequent words would be in it by chance.
    people = Language(4)
    names = [people.text(2).encode() for _ in range(count)]
    births = [b"%d%02d%02d" % tuple(map(choice.randint, (1930, 1, 1), (2010, 12, 28))) for _ in members]
    columns = [exact.Column("member", "text", (members,)), exact.Column("name", "text", (names,)),
               exact.Column("born", "date", (births,))]  # fmt: skip
    start = time.process_time()
    index = exact.build(KEY, columns, 2)
    spent = time.process_time() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.rows"
        exact.save(path, index)
        print(f"rows: {count}, any 2 of 3 columns, {spent:.0f} s to build, {path.stat().st_size / 1e6:.0f} MB")
        held = exact.load(path, KEY)
        texts = [language.text(830).encode() for _ in range(200)]

        def look(text: bytes) -> bool:
            return meeting.meetings(held, [text]) is not None

        print(f"rows: look-up of {len(texts[0]) // 1000} KB: {timed(look, texts)}")
        true = [text + b" " + members[n] + b" and " + names[n] for n, text in enumerate(texts)]
        print(f"rows: {sum(map(look, true))} of {len(true)} found; {timed(look, true)}")
        half = [text + b" " + members[n] + b" and " + names[n + 1] for n, text in enumerate(texts)]
        print(f"rows: {sum(map(look, half))} of {len(half)} false pairs hit")


def texts_in(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            said = b"\n".join(read_file(path, "").reading.texts).decode()
            if len(said.split()) >= 60:
                yield path.name, said


def recall(given: Path, unrelated: list[Path], most: int) -> None:
    language = Language(3)
    known = list(texts_in(given))[:most]
    index = registering.add(documents.empty(KEY), (Reading("all", name, [t.encode()]) for name, t in known))
    forms: dict[str, Callable[[str], str]] = {
        "as it is": str,
        "in capitals": str.upper,
        **{f"{n} % of words edited": lambda text, n=n: language.edited(text, n / 100) for n in (10, 20, 30)},
        "pieces of 40 words shuffled": language.shuffled,
        "first half": lambda text: text[: len(text) // 2],
        **{f"{n} words": lambda text, n=n: language.excerpt(text, n) for n in (400, 150, 60, 30)},
        "150 words, 10 % edited": lambda text: language.edited(language.excerpt(text, 150), 0.1),
        "60 words, 10 % edited": lambda text: language.edited(language.excerpt(text, 60), 0.1),
    }
    print(f"recall: {len(known)} documents, {sum(len(t.split()) for _, t in known)} words; in a mail of 600 others")
    for form, change in forms.items():
        found = 0
        for name, text in known:
            mail = f"{language.text(300)} {change(text)} {language.text(300)}".encode()
            found += any(one.document.name == name for one in overlap.overlaps(index, [mail]))
        print(f"recall: {form}: {100 * found / len(known):.1f} %")
    for folder in unrelated:
        others = list(texts_in(folder))
        hits = [(name, over) for name, text in others for over in overlap.overlaps(index, [text.encode()])[:1]]
        print(f"unrelated: {len(hits)} of {len(others)} in {folder}")
        for name, over in hits[:10]:
            print(f"  {name}: {over.count} shingles of {over.document.name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("speed", "recall"), default="speed")
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--unrelated", type=Path, action="append", default=[])
    parser.add_argument("--most", type=int, default=1000, help="documents to register")
    parser.add_argument("--count", type=int, default=10_000, help="documents to generate; 100 times as many rows")
    given = parser.parse_args()
    if given.what == "recall":
        recall(given.documents, given.unrelated, given.most)
    else:
        speed_of_documents(given.count)
        speed_of_rows(given.count * 100)


if __name__ == "__main__":
    main()
