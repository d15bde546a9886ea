"""CPU time of processes and their families, from /proc."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return a process id and those of all its descendants."""
    try:
        tasks = [task / "children" for task in Path(f"/proc/{pid}/task").iterdir()]
        children = [int(word) for task in tasks for word in task.read_text().split()]
    except FileNotFoundError:
        return []
    return [pid, *(one for child in children for one in family(child))]


def family_ms(pid: int) -> float:
    """Return the CPU milliseconds of a process and its family so far, the ended ones that were waited for included."""
    total = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(map(int, fields[11:15]))
    return total * 1000 / _TICKS


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of `values` does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
