#!/usr/bin/env python3
"""The body of `make mutants`: plants known bugs, one at a time, and expects the suite to find them.

    ci/mutants.py [--build DIR] [--jobs N] [--seeds 3] [--seconds 20] [--time S] [--fresh] [ID...]

Each mutant of fuzz/mutants/ (docs/mutants.md) is built in a copy of the tree and run through what
`make test` has, then through libFuzzer when nothing has found it (mutant_trial.py). A line per
mutant as it ends. What is finished is kept in BUILD/mutants/journal, by the mutant and by what the
tree holds, so that a run that was stopped goes on; --fresh begins anew. BUILD/mutants has
results.json and report.html. Last line: `mutants: N planted, R reached, T triggered, D detected, S
survived`. Exit status: 0 when each one was detected, 1 when not, 2 for wrong use, 130 when stopped.
"""

import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import queue
import shutil
import signal
import sys
import time

import mutant_files
import mutant_report
import mutant_workshop
import tree
from mutant_result import Detection, Result
from mutant_trial import FUZZ_SECONDS, MORPHCHECK, STAGES, VERSION, Trial

# What a result depends on, beside the mutant itself.
STATE = ("impl/", "reference/", "fuzz/", "Makefile")


def tree_state(tests):
    """A digest of what mutants are planted into and found by: of the tests, or of all else."""
    digest = hashlib.sha256(f"{VERSION}".encode())
    for path in tree.files():
        if path.startswith(STATE) and not path.endswith(".mutant") and \
                path.endswith("_test.cpp") == tests:
            digest.update(path.encode() + b"\0" + pathlib.Path(path).read_bytes() + b"\0")
    return digest.hexdigest()


class Journal:
    """Results that are finished, one file a mutant. What tests were added does not touch a mutant
    that was found before; a survivor meets them."""

    def __init__(self, folder, options):
        self.folder = pathlib.Path(folder)
        self.tests = tree_state(True)
        self.state = f"{tree_state(False)} {options.seeds} {options.seconds} {options.fuzz_seconds}"
        if options.fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)

    def key(self, mutant):
        return hashlib.sha256((self.state + mutant.text).encode()).hexdigest()

    def path(self, mutant):
        return self.folder / f"{mutant.id}.json"

    def find(self, mutant):
        try:
            kept = json.loads(self.path(mutant).read_text())
        except (OSError, ValueError):
            return None
        same_tests = kept.pop("tests", None) == self.tests
        if kept.pop("key", None) != self.key(mutant) or not (kept["detections"] or same_tests):
            return None
        kept["detections"] = [Detection(**one) for one in kept["detections"]]
        return Result(**kept)

    def keep(self, mutant, result):
        text = json.dumps({"key": self.key(mutant), "tests": self.tests,
                           **dataclasses.asdict(result)}, indent=1)
        partial = self.path(mutant).with_suffix(".partial")
        partial.write_text(text)
        partial.replace(self.path(mutant))


class Run:
    """All mutants that were chosen, on as many workshops as there are jobs."""

    def __init__(self, mutants, options):
        self.mutants = mutants
        self.options = options
        self.started = time.monotonic()
        self.results = {}
        self.left_out = []
        folder = options.build / "mutants"
        self.folder = folder
        self.journal = Journal(folder / "journal", options)
        # The subset of make test has the tree itself, which is built, to begin with.
        self.base = (mutant_workshop.Base(".", str(options.build), given=True) if options.quick else
                     mutant_workshop.full_base(folder, options.cxx))
        self.idle = queue.Queue()
        for index in range(max(1, min(options.jobs, len(mutants)))):
            self.idle.put(folder / f"{'quick' if options.quick else 'full'}-{os.getpid()}-{index}")

    def begin(self):
        """What was found before is told; the others are to be done."""
        waiting = []
        for mutant in self.mutants:
            kept = None if self.options.quick else self.journal.find(mutant)
            if kept is None:
                waiting.append(mutant)
            else:
                self.results[mutant.id] = kept
        if self.results:
            print(f"{len(self.results)} of {len(self.mutants)} are known from before", flush=True)
        if waiting and not self.options.quick:
            self.base.fill()
            print("building the unchanged tree", flush=True)
            self.base.make(MORPHCHECK, self.options.jobs)
        # What a header of many changes takes longest to build; what is left out then is little.
        turn = self.options.seed % len(waiting) if waiting else 0
        waiting = waiting[turn:] + waiting[:turn]
        return sorted(waiting, key=lambda mutant: any(path.endswith(".h") for path in mutant.paths))

    def work(self, mutant):
        spent = time.monotonic() - self.started
        if self.options.time and spent >= self.options.time:
            self.left_out.append(mutant.id)
            return
        place = self.idle.get()
        workshop = mutant_workshop.Workshop(self.base, place, self.options.jobs)
        began = time.monotonic()
        try:
            workshop.open(mutant)
            result = Trial(mutant, workshop, self.options).run()
        except mutant_files.MutantError as error:
            result = Result(mutant.id, mutant.kind, list(mutant.witnesses), str(error))
        finally:
            workshop.close()
            self.idle.put(place)
        result.seconds = round(time.monotonic() - began, 1)
        self.results[mutant.id] = result
        whole = set(self.options.stages) == set(STAGES)  # else it may be found by the others
        if not result.error and not self.options.quick and (result.detected or whole):
            self.journal.keep(mutant, result)
        done = len(self.results)
        print(f"[{done:>3}/{len(self.mutants)}] {mutant_report.line(result)}", flush=True)

    def run(self):
        waiting = self.begin()
        pool = concurrent.futures.ThreadPoolExecutor(self.options.jobs)
        tasks = [pool.submit(self.work, mutant) for mutant in waiting]
        try:
            for task in tasks:
                task.result()
        except (KeyboardInterrupt, mutant_workshop.Interrupted):
            for task in tasks:
                task.cancel()
            mutant_workshop.stop_all()
            pool.shutdown(wait=True)
            print(f"mutants: stopped after {len(self.results)} of {len(self.mutants)}; the next "
                  "run goes on from there")
            return 130
        pool.shutdown(wait=True)
        return self.report()

    def report(self):
        results = [self.results[mutant.id] for mutant in self.mutants if mutant.id in self.results]
        checkers = mutant_files.checkers(".")
        if self.left_out:
            print(f"not begun, the time was over: {' '.join(sorted(self.left_out))}")
        if self.options.quick:
            return 0 if all(result.detected and not result.error for result in results) else 1
        (self.folder / "results.json").write_text(
            json.dumps([dataclasses.asdict(result) for result in results], indent=1) + "\n")
        (self.folder / "report.html").write_text(
            mutant_report.page(self.mutants, results, checkers))
        for text in mutant_report.summary(results, checkers):
            print(text)
        return 0 if all(result.detected and not result.error for result in results) else 1


def arguments(words=None):
    parser = argparse.ArgumentParser(description="Plants bugs and expects the suite to find them.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seeds", type=int, default=3, help="runs of each driver")
    parser.add_argument("--seconds", type=float, default=20, help="of each seed's run")
    parser.add_argument("--fuzz-seconds", type=int, default=FUZZ_SECONDS,
                        help="of libFuzzer, each seed, where nothing else finds it")
    parser.add_argument("--stages", type=str.split, default=list(STAGES),
                        help=f"what else is run: \"{' '.join(STAGES)}\" (default)")
    parser.add_argument("--time", type=float, default=0, help="begin no mutant after so long")
    parser.add_argument("--seed", type=int, default=0,
                        help="which of them comes first, where --time leaves some out")
    parser.add_argument("--cxx", default="clang++-19")
    parser.add_argument("--fresh", action="store_true", help="forget what is known from before")
    parser.add_argument("--quick", action="store_true",
                        help="as make test does: one seed, until the first detection, without "
                        "shrinking or matrix; begins with what is built in BUILD")
    parser.add_argument("ids", nargs="*", help="mutants; all when there are none")
    options = parser.parse_args(words)
    if options.quick:
        options.seeds, options.stages = 1, ["tests"]
        if options.build.is_absolute() or ".." in options.build.parts:
            parser.error("--quick: --build is a folder of this tree")
    if options.jobs < 1 or options.seeds < 1 or options.seconds <= 0:
        parser.error("--jobs, --seeds and --seconds are positive")
    return options


def main():
    options = arguments()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also when started in the background
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        mutants = mutant_files.load(".", options.ids)
        wrong = [text for mutant in mutants for text in mutant_files.problems(".", mutant)]
    except mutant_files.MutantError as error:
        mutants, wrong = [], [str(error)]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 2
    return Run(mutants, options).run()


if __name__ == "__main__":
    sys.exit(main())
