"""How fast the models are, and how much memory they take, beside the naive SimPy model.

Run it as `python -m tests.benchmarks.speed`, or by its path. The three models take turns, so that
whatever else the machine does hits all of them, and each number is the median of its rounds. Times
are of the processor, not of the clock on the wall.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # run by its path
    sys.path.insert(0, str(ROOT))

from tests.benchmarks import engine, naive  # noqa: E402 - found only now, if run by its path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MODELS: dict[str, Callable[[naive.Work, int], object]] = {
    "naive SimPy": naive.run,
    "events one by one": lambda work, seed: engine.run(work, seed, shortcuts=False),
    "models": engine.run,
}


@dataclass(frozen=True, slots=True)
class Rounds:
    """Seconds of processor time per message, one for each round."""

    per_message_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        return median(self.per_message_s)


def per_message_s(model: Callable[[naive.Work, int], object], messages: int, seed: int) -> float:
    start_s = time.process_time()
    model(naive.Work(messages=messages), seed)
    return (time.process_time() - start_s) / messages


def race(messages: int, rounds: int) -> dict[str, Rounds]:
    """Let the models take turns."""
    taken: dict[str, list[float]] = {name: [] for name in MODELS}
    for seed in range(rounds):
        for name, model in MODELS.items():
            taken[name].append(per_message_s(model, messages, seed))
    return {name: Rounds(tuple(times)) for name, times in taken.items()}


def scaling(sizes: Sequence[int], rounds: int) -> dict[int, Rounds]:
    """Cost per message of longer and longer runs, which take turns too."""
    taken: dict[int, list[float]] = {size: [] for size in sizes}
    for seed in range(rounds):
        for size in sizes:
            taken[size].append(per_message_s(engine.run, size, seed))
    return {size: Rounds(tuple(times)) for size, times in taken.items()}


def peak_bytes() -> int:
    """The most memory that this process ever had."""
    try:
        # Not ru_maxrss: that one remembers the process that started this one.
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def bytes_per_message(few: int, many: int) -> float:
    """Growth of the largest memory of a process from a run of *few* messages to one of *many*."""
    peaks = []
    for messages in (few, many):
        command = [sys.executable, __file__, "--peak", str(messages)]
        done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ourselves
        peaks.append(int(done.stdout))
    return (peaks[1] - peaks[0]) / (many - few)


def table(times: dict[str, Rounds], memory: float, cost: dict[int, Rounds]) -> str:
    slowest = times["naive SimPy"].median_s
    lines = [f"{'':20} {'messages/s':>12} {'us/message':>12} {'x naive':>9}"]
    for name, rounds in times.items():
        each_s = rounds.median_s
        lines.append(f"{name:20} {1 / each_s:12,.0f} {each_s * 1e6:12.2f} {slowest / each_s:9.2f}")
    lines += ["", f"{'messages':>20} {'us/message':>12}"]
    lines += [f"{size:20,} {rounds.median_s * 1e6:12.2f}" for size, rounds in cost.items()]
    lines += ["", f"memory of a run: {memory:.0f} bytes/message, ledger included"]
    return "\n".join(lines) + "\n"


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="of each run of the race")
    parser.add_argument("--rounds", type=int, default=7, help="of the race")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--size-rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs=2, default=[100_000, 1_000_000])
    parser.add_argument("--peak", type=int, help="only run this many, and print the peak memory")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    asked = options(arguments)
    if asked.peak:
        engine.run(naive.Work(messages=asked.peak), 0)
        sys.stdout.write(f"{peak_bytes()}\n")
        return
    times = race(asked.messages, asked.rounds)
    cost = scaling(asked.sizes, asked.size_rounds)
    sys.stdout.write(table(times, bytes_per_message(*asked.memory), cost))


if __name__ == "__main__":
    main()
