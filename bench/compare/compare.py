#!/usr/bin/env python3
"""The body of `make bench`: runs the comparison, prints its tables, leaves results.json.

    bench/compare/compare.py [--quick] [--only REGEX] [--build DIR] [--output DIR] [--cxx COMPILER]
    bench/compare/compare.py --markdown RESULTS.json
    bench/compare/compare.py --baseline RESULTS.json > bench/baseline.json

Measures the workloads on every memory system (plan.py), in processes of their own (worker.py), in
turn (measure.py), and the micro rows of build/bin/bench; judges the targets (targets.py); writes
results.json as it goes and report.html at the end. Progress is on standard error.

--only REGEX    cells whose id matches (profile/1000/v1); micro rows only when `micro` matches
--markdown      prints the tables of a results.json for a page, and measures nothing
--baseline      prints what bench-check reads of it: every sample, without pauses and timelines

Last line: `bench: R rows, B behind target`. Exit status 0 whatever the figures; 1 when something
broke (a wrong result, a program missing, results not written); 2 usage; 130 interrupted, with
results.json as far as it came.
"""

import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys
import time

import measure
import plan as plans
import results
import tables
import targets
from progress import Progress, clock

INTERRUPTED = 130
REPORT_SECONDS = 120


def rows(document):
    return len(document["cells"]) + len(document["limits"]) + len(document["micro"])


def interrupt(*_):
    """SIGTERM ends the run as Ctrl-C does: with what is there."""
    raise KeyboardInterrupt


def pattern(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"not a regular expression: {error}") from error


def arguments(words):
    parser = argparse.ArgumentParser(
        description="Measures every workload on every memory system and prints tables.",
        epilog="Exit status: 0 whatever the figures, 1 something broke, 2 usage, 130 interrupted.")
    parser.add_argument("--quick", action="store_true", help="fewer sizes and rounds: 2 minutes")
    parser.add_argument("--only", type=pattern, metavar="REGEX",
                        help="cells whose id matches, as profile/1000/v1; micro: the micro rows")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"),
                        help="where bin/ with the programs is (default build)")
    parser.add_argument("--output", type=pathlib.Path, help="default BUILD/bench")
    parser.add_argument("--cxx", default="clang++-19", help="the compiler, for the record")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="RESULTS.json",
                        help="print these tables for a page, measure nothing")
    parser.add_argument("--baseline", type=pathlib.Path, metavar="RESULTS.json",
                        help="print what bench-check reads of it, measure nothing")
    options = parser.parse_args(words)
    options.output = options.output or options.build / "bench"
    return options


def print_as(form, path):
    """A results.json in another form."""
    try:
        document = results.read(path)
    except results.Unreadable as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    print(form(document), end="")
    return 0


def baseline(document):
    """A line for each cell and row, so that a change of the baseline can be read."""
    for cell in document["cells"] + document["limits"]:
        cell.pop("timeline", None)
        for sample in cell["samples"]:
            sample["pauses_ns"] = None
    parts = []
    for name, value in document.items():
        if isinstance(value, list):
            lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in value)
            parts.append(f"{json.dumps(name)}: [\n{lines}\n]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def report(path, document):
    """The page beside the results; it is not part of the figures, but it has to come."""
    script = pathlib.Path(__file__).with_name("report.py")
    page = path.with_name("report.html")
    page.unlink(missing_ok=True)  # that of another run
    words = [sys.executable, script, path, "-o", page]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=REPORT_SECONDS,
                              check=False)
        problem = "" if done.returncode == 0 else (done.stderr.strip() or done.stdout.strip())
        problem = problem and problem.splitlines()[-1]
        if done.returncode != 0:
            problem = f"report.py: exit status {done.returncode}: {problem}"
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = f"report.py: {error}"
    if problem:
        document["problems"].append(problem)
        return None
    return page


class Comparison:
    """A run from the plan to the last line."""

    def __init__(self, options):
        self.options = options
        self.path = options.output / "results.json"
        self.document = results.document(options.quick, results.first_line(
            [options.cxx, "--version"]))
        self.progress = Progress()
        self.started = time.monotonic()

    def save(self):
        self.document["seconds"] = round(time.monotonic() - self.started, 1)
        targets.judge(self.document)
        results.write(self.document, self.path)

    def plan(self):
        planned = plans.quick() if self.options.quick else plans.full()
        if not self.options.only:
            return planned, True
        micro = bool(self.options.only.search("micro"))
        return plans.chosen(planned, self.options.only), micro

    def run(self):
        planned, micro = self.plan()
        if not (planned.groups or planned.limits or planned.timelines or micro):
            print(f"compare: no cell matches {self.options.only.pattern}", file=sys.stderr)
            return 2
        try:
            self.options.output.mkdir(parents=True, exist_ok=True)
            self.save()
        except OSError as error:
            print(f"compare: cannot write results: {error}", file=sys.stderr)
            return 1
        run = measure.Measurement(planned, self.options.build, self.document, self.save,
                                  self.progress)
        try:
            run.all(micro)
        except KeyboardInterrupt:
            return self.finish(interrupted=True)
        except OSError as error:  # of save: what a worker does never comes here
            self.document["problems"].append(f"cannot write results: {error}")
        return self.finish()

    def finish(self, interrupted=False):
        """Writes what there is, prints it, and says how it went."""
        self.progress.clear()
        document = self.document
        measure.check_results(document)
        if interrupted:
            document["problems"].append("interrupted: this is not the whole")
        page = None
        try:
            self.save()
            page = None if interrupted else report(self.path, document)
            self.save()
        except OSError as error:
            document["problems"].append(f"cannot write results: {error}")
        print(tables.text(document))
        print()
        for problem in document["problems"]:
            print(f"BROKEN {problem}")
        print(f"{clock(document['seconds'])}: {self.path}{f', {page}' if page else ''}")
        print(f"bench: {rows(document)} rows, {targets.behind(document)} behind target", flush=True)
        if interrupted:
            return INTERRUPTED
        return 1 if document["problems"] else 0


def main(words=None):
    options = arguments(words)
    if options.markdown:
        return print_as(tables.markdown, options.markdown)
    if options.baseline:
        return print_as(baseline, options.baseline)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    try:
        return Comparison(options).run()
    except KeyboardInterrupt:  # once more, while the tables were made
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
