"""The command line of scripts/bench.sh."""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from common.command_line import CommandLine

from . import call, mint, watch
from .processes import BenchError
from .report import Plan, Report, format_bars, format_table


def measure_page(plan: Plan) -> Report:
    from . import page  # needs Playwright, which the other benchmarks do not

    return page.benchmark(plan)


BENCHMARKS: dict[str, Callable[[Plan], Report]] = {
    "mint": mint.benchmark,
    "page": measure_page,
    "call": call.benchmark,
    "watch": watch.benchmark,
}
ENOUGH_ROUNDS = 9
BUSY_LOAD = 1.0
EXIT_MISSED, EXIT_CANNOT_MEASURE = 1, 2


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    plan = Plan(1, 1, quick=True) if options.quick else Plan(options.rounds, options.seconds)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that every server is stopped
    machine = machine_line()
    print(machine, flush=True)
    if os.getloadavg()[0] > BUSY_LOAD:
        print("The machine is busy with something else: do not believe these numbers.", file=sys.stderr)
    try:
        report = BENCHMARKS[options.benchmark](plan)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_CANNOT_MEASURE
    show(report, plan)
    if options.json:
        document = {"machine": machine, "plan": asdict(plan), **report.as_json()}
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return EXIT_MISSED if options.check and not report.all_met else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/bench.sh")
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("--rounds", type=positive, default=ENOUGH_ROUNDS, metavar="N")
    parser.add_argument("--seconds", type=positive, default=4, metavar="N")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text}")
    return number


def show(report: Report, plan: Plan) -> None:
    for table in report.tables:
        print(f"\n{format_table(table)}")
    print(f"\n{format_bars(report.bars)}")
    if plan.rounds < ENOUGH_ROUNDS:
        print(f"\nFewer than {ENOUGH_ROUNDS} rounds: this says that the bench works, not how fast anything is.")


def machine_line() -> str:
    versions = f"Python {platform.python_version()}, Node {node_version()}"
    return f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f}), one of them for what is measured; {versions}"


def node_version() -> str:
    if shutil.which("node") is None:
        return "none"
    return subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
