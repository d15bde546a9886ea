"""Measure what classifying costs: CPU milliseconds a message, median and 99th percentile."""

import random
import statistics
import time
from pathlib import Path

import sealgate_milter
from sealgate_milter.classify import classify
from sealgate_milter.message import from_bytes
from sealgate_milter.policy import load_policy

TEXT = """the meeting is on monday at 10:30 please call 555-010-4477 before order 8812733 leaves for Berlin thanks
a lot we will send the report of 12 March with 3 tables and invoice 2024-0031 over 1,250.00 EUR as agreed with Anna"""
WORDS = TEXT.split()


def message(size: int, seed: int) -> bytes:
    choice = random.Random(seed)
    lines, length = [], 0
    while length < size:
        line = " ".join(choice.choices(WORDS, k=12))
        lines.append(line)
        length += len(line) + 2
    head = "From: a@corp.example\r\nTo: b@outside.example\r\nSubject: Weekly report\r\nMIME-Version: 1.0\r\n"
    return (head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + "\r\n".join(lines)).encode()


def measure(name: str, contents: list[bytes], rounds: int) -> None:
    policy = load_policy(Path(sealgate_milter.__file__).with_name("policy.toml"), ["corp.example"])
    given = [from_bytes(content, "a@corp.example", ("b@outside.example",)) for content in contents]
    times = []
    for _ in range(rounds):
        for one in given:
            start = time.thread_time()
            classify(one, policy, lambda ids: False)
            times.append((time.thread_time() - start) * 1000)
    times.sort()
    print(f"classify {name}: p50 {statistics.median(times):.3f} ms, p99 {times[int(len(times) * 0.99)]:.3f} ms of CPU")


def main() -> None:
    measure("5 KB text", [message(5000, seed) for seed in range(20)], 25)
    secret = [message(5000, seed) + b"\r\nSSN 123-45-6789, card 4111 1111 1111 1111\r\n" for seed in range(20)]
    measure("5 KB text with numbers", secret, 25)
    rows = "".join(f"<tr><td><b>{row}</b></td><td class='x'>some text &amp; more of it</td></tr>" for row in range(700))
    html = b"From: a@corp.example\r\nContent-Type: text/html\r\n\r\n<table>" + rows.encode() + b"</table>"
    measure(f"{len(html) // 1000} KB HTML", [html], 50)


if __name__ == "__main__":
    main()
