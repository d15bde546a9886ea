"""What classifying a message costs, by the shipped policy: CPU and wall milliseconds, beside what is promised.

    script/bench classify

CPU is that of the thread that judges; documents are read by confined processes, whose CPU is the last column.
"""

import argparse
import gc
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from common import messages
from common.cpu import family_ms, percentile

import sealgate_milter
from sealgate_milter.classify import classify
from sealgate_milter.message import from_bytes
from sealgate_milter.policy import load_policy

POLICY = load_policy(Path(sealgate_milter.__file__).with_name("policy.toml"), ["corp.example"])


def measure(name: str, contents: Sequence[bytes], rounds: int, goal: str) -> None:
    """Judge every message so many times and print a row."""
    given = [from_bytes(content, "ann@corp.example", ("bob@outside.example",)) for content in contents]
    for one in given[:3]:
        classify(one, POLICY, lambda ids: False)
    gc.collect()
    cpu, wall = [], []
    before = elsewhere()
    for _ in range(rounds):
        for one in given:
            started, spent = time.perf_counter(), time.thread_time()
            classify(one, POLICY, lambda ids: False)
            cpu.append((time.thread_time() - spent) * 1000)
            wall.append((time.perf_counter() - started) * 1000)
    readers = (elsewhere() - before) / len(cpu)
    shown = [percentile(cpu, 0.5), percentile(cpu, 0.99), percentile(wall, 0.5), percentile(wall, 0.99)]
    print(f"  {name:30}{''.join(f'{value:9.2f}' for value in shown)}{readers:9.1f}   {goal}", flush=True)


def elsewhere() -> float:
    """Return the CPU milliseconds of all processes below this one."""
    return family_ms(os.getpid()) - time.process_time() * 1000


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rules, tests = len(POLICY.rules), len(POLICY.tests)
    print(f"classify: the shipped policy, {tests} tests in {rules} rules; Python {sys.version.split()[0]}")
    print(f"  {'milliseconds':30}  CPU p50  CPU p99 wall p50 wall p99  readers   goal")
    plain = [messages.text(seed) for seed in range(40)]
    measure("5 KB text", plain, 15, "CPU p50 <= 0.5, p99 <= 2")
    secret = [messages.text(seed, secret=messages.SECRETS[seed % 3]) for seed in range(40)]
    measure("5 KB text with a number", secret, 15, "")
    measure("54 KB of text and HTML", [messages.multipart(seed) for seed in range(10)], 15, "CPU p50 <= 2")
    large = messages.attached("figures.pdf", messages.pdf(1, 7_300_000), "application/pdf")
    measure(f"{len(large) / 1e6:.0f} MB with a PDF of one page", [large], 15, "CPU p50 <= 50")
    book = messages.attached("book.pdf", messages.pdf(100), "application/pdf")
    measure("100-page PDF, attached", [book], 10, "wall p50 <= 250")
    measure("377,000 characters of docx", [messages.attached("a.docx", messages.docx(377_000))], 10, "wall p50 <= 80")
    measure("100,000 cells of xlsx", [messages.attached("a.xlsx", messages.xlsx(100_000))], 10, "wall p50 <= 300")


if __name__ == "__main__":
    main()
