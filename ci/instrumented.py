#!/usr/bin/env python3
"""The body of `make tsan`; runs test programs in bounded time, also for ci/coverage.py.

    ci/instrumented.py [--build DIR] [--jobs N] [--seconds N] [--seed N] PROGRAM...

The programs are built with -fsanitize=thread. One that is called `threads` is run with 8 threads,
and again with a planted race, which must be reported: a test each. Last line `N passed, M failed`.

Programs run in shards. With --seconds, shards that cannot start in that time are not run and those
that run at its end are stopped: they are counted and said, and are neither passed nor failed. The
seed turns the order of the shards, so that nights which are cut get round to all of them.
Exit status: 0 when something passed and nothing failed, else 1.
"""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import time

import children
from outcome import Outcome, excerpt, gtest_outcome, run, status_text

PROGRAM_SECONDS = 1800
SHARDS = 6  # of each program: small enough to go round, large enough to be worth a start
# Tests of single-threaded code that take TSan minutes each: exhaustive enumeration and long random
# programs, which ASan runs in `make test`. They start no thread.
HOURS_UNDER_TSAN = ("Exhaustive*", "*Exhaustive*", "*Enumerat*", "*Property*")
TSAN_EXIT = 66  # what TSan makes of the exit status when it has reported something


class Clock:
    """How much of the time is left."""

    def __init__(self, seconds):
        self.deadline = time.monotonic() + seconds if seconds else None

    def left(self, at_most):
        if self.deadline is None:
            return at_most
        return min(at_most, self.deadline - time.monotonic())


def shard_outcome(program, wrapper, index, options, clock):
    """Outcome of one shard; None when the time is up."""
    seconds = clock.left(PROGRAM_SECONDS)
    if seconds <= 0:
        return None
    folder = options.build / "test-reports" / ("wrapped" if wrapper else "")
    report = folder / f"{str(program).replace('/', '-')}-{index}.json"
    outcome = gtest_outcome(program, report, index, SHARDS, seconds, wrapper)
    return None if clock.left(1) <= 0 and outcome.failures and not report.is_file() else outcome


def tests(programs, options, wrapped=(), wrapper=()):
    """The sum of the tests of programs, run in shards; those in `wrapped` again by the wrapper."""
    total, unfinished, clock = Outcome(), 0, Clock(options.seconds)
    runs = [(program, ()) for program in programs] + [(program, wrapper) for program in wrapped]
    jobs = [(*one, index) for index in range(SHARDS) for one in runs]
    turn = options.seed % len(jobs) if options.seconds and jobs else 0
    jobs = jobs[turn:] + jobs[:turn]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        started = time.monotonic()
        found = pool.map(lambda job: shard_outcome(*job, options, clock), jobs)
        for (program, _, index), outcome in zip(jobs, found):
            told = "the time was up" if outcome is None else (
                f"{outcome.passed:>6} passed, {len(outcome.failures)} failed")
            print(f"{str(program):<50} {index + 1}/{SHARDS} {told} "
                  f"{time.monotonic() - started:8.1f} s", flush=True)
            unfinished += outcome is None
            total.add(outcome or Outcome())
    if unfinished:
        print(f"{unfinished} of {len(jobs)} shards did not end within {options.seconds:g} s")
    return total


def threads(program, options):
    """The threaded program: it must be clean, and TSan must see the race that it can plant."""
    total = Outcome()
    common = [program, "--threads", "8", "--rounds", "1", "--seed", options.seed]
    status, output = run(common, PROGRAM_SECONDS)
    total.check("threads: 8 threads with contexts of their own", "" if status == 0 else
                f"{' '.join(map(str, common))} {status_text(status)}\n{excerpt(output)}")
    status, output = run([*common, "--plant", "race"], 300)
    seen = status not in (0, None) and "WARNING: ThreadSanitizer: data race" in output
    total.check("threads: a planted race is reported", "" if seen else
                f"it is not: {status_text(status)}\n{excerpt(output)}")
    print(f"{str(program):<54} {total.passed:>6} passed, {len(total.failures)} failed", flush=True)
    return total


def tsan(options):
    os.environ.setdefault("TSAN_OPTIONS", f"halt_on_error=1:exitcode={TSAN_EXIT}:"
                          "allocator_may_return_null=1")
    os.environ["GTEST_FILTER"] = f"-{':'.join(HOURS_UNDER_TSAN)}"
    total = Outcome()
    for program in options.programs:
        if program.name == "threads":
            total.add(threads(program, options))
    total.add(tests([one for one in options.programs if one.name != "threads"], options))
    for name, problem in total.failures:
        print(f"FAILED {name}\n{problem}", flush=True)
    print(f"{total.passed} passed, {len(total.failures)} failed")
    return 1 if total.failures or not total.passed else 0


def main():
    parser = argparse.ArgumentParser(description="Runs test programs that are built for TSan.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=0, help="for all together; 0: no limit")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("programs", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    if options.jobs < 1 or options.seconds < 0:
        parser.error("needs at least one job, and no negative time")
    children.exit_on_signals()
    return tsan(options)


if __name__ == "__main__":
    sys.exit(main())
