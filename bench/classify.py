"""What classifying a message costs, by the shipped policy: CPU and wall milliseconds, beside what is promised.

    script/bench classify

CPU is that of the process that judges; documents are read by confined processes, whose CPU is added to their rows.
"""

import gc
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from common import messages
from common.cpu import family, family_ms, percentile

import sealgate_milter
from sealgate_milter.classify import classify
from sealgate_milter.message import from_bytes
from sealgate_milter.policy import load_policy

POLICY = load_policy(Path(sealgate_milter.__file__).with_name("policy.toml"), ["corp.example"])


def measure(name: str, contents: Sequence[bytes], rounds: int, goal: str, *, documents: bool = False) -> None:
    """Judge every message so many times and print a row; documents need not be read again, so each round is another."""
    given = [from_bytes(content, "ann@corp.example", ("bob@outside.example",)) for content in contents]
    for one in given[:3]:
        classify(one, POLICY, lambda ids: False)
    cpu, wall = [], []
    readers = readers_ms()
    gc.collect()
    for _ in range(rounds):
        for one in given:
            started, spent = time.perf_counter(), time.thread_time()
            classify(one, POLICY, lambda ids: False)
            cpu.append((time.thread_time() - spent) * 1000)
            wall.append((time.perf_counter() - started) * 1000)
    extra = (readers_ms() - readers) / len(cpu) if documents else 0.0
    row = f"{percentile(cpu, 0.5) + extra:9.2f} {percentile(cpu, 0.99) + extra:9.2f} {percentile(wall, 0.5):9.2f}"
    print(f"  {name:44} {row}   {goal}", flush=True)


def readers_ms() -> float:
    """Return the CPU of all processes below this one."""
    return sum(family_ms(child) for child in family(os.getpid())[1:2]) if len(family(os.getpid())) > 1 else 0.0


def main() -> None:
    """Print the table."""
    rules, tests = len(POLICY.rules), len(POLICY.tests)
    print(f"classify: the shipped policy, {tests} tests in {rules} rules; Python {sys.version.split()[0]}")
    print(f"  {'message':44} {'CPU p50':>9} {'CPU p99':>9} {'wall p50':>9}   goal (ms)")
    plain = [messages.text(seed) for seed in range(40)]
    measure("5 KB text", plain, 15, "CPU p50 <= 0.5, p99 <= 2")
    secret = [messages.text(seed, secret=messages.SECRETS[seed % 3]) for seed in range(40)]
    measure("5 KB text with a number", secret, 15, "")
    measure("54 KB of text and HTML", [messages.multipart(seed) for seed in range(10)], 15, "CPU p50 <= 2")
    large = messages.attached("figures.pdf", messages.pdf(1, 7_300_000), "application/pdf")
    measure(f"{len(large) / 1e6:.0f} MB with a PDF of one page", [large], 15, "CPU p50 <= 50", documents=True)
    book = messages.attached("book.pdf", messages.pdf(100), "application/pdf")
    measure("100-page PDF, attached", [book], 10, "wall p50 <= 250", documents=True)
    measure("377,000 characters of docx", [messages.attached("a.docx", messages.docx(377_000))], 10, "wall p50 <= 80",
            documents=True)
    measure("100,000 cells of xlsx", [messages.attached("a.xlsx", messages.xlsx(100_000))], 10, "wall p50 <= 300",
            documents=True)


if __name__ == "__main__":
    main()
