#!/usr/bin/env python3
"""The body of `make mutants`: plants known bugs, one at a time, and expects the suite to fail.

    ci/mutants/mutants.py [--build DIR] [--jobs N] [ID...]

A mutant changes one place of impl/ (planted.py). The library is built with it in a copy of the tree
under build/mutants; then either `morphcheck run` on the mutant's subjects must end in a finding of
one of the checkers named, or (checkers "unit") the unit tests must fail. A mutant that survives, is
caught by another checker than it says, does not build, or no longer applies is a failure of the
suite. Last line: `mutants: M planted, C caught, F failed`.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import queue
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tree  # pylint: disable=wrong-import-position
from outcome import excerpt, run  # pylint: disable=wrong-import-position
from planted import MUTANTS  # pylint: disable=wrong-import-position

OPERATIONS = "400000"
SWEEP_OPERATIONS = "3000"
SECONDS = "60"
UNIT_SECONDS = 300
BUILD_SECONDS = 1200
COPIED = ("impl/", "reference/", "fuzz/", "stress/", "corpora/", "ci/", "Makefile")
CHECKER = re.compile(r"checker (\w+)|\b(crash|timeout)\b")


@dataclasses.dataclass
class Workshop:
    """A copy of the tree in which one mutant at a time is built."""

    root: pathlib.Path

    def make(self, *targets):
        return run(["make", "--no-print-directory", "BUILD=build", *targets], BUILD_SECONDS,
                   {"MAKEFLAGS": ""}, self.root)

    def fill(self):
        """Copies what has changed; what is built there stays."""
        wanted = {path for path in tree.files() if path.startswith(COPIED)}
        for path in wanted:
            copy = self.root / path
            if not copy.exists() or copy.read_bytes() != pathlib.Path(path).read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
        for copy in [path for path in self.root.rglob("*") if path.is_file()]:
            name = str(copy.relative_to(self.root))
            if name not in wanted and not name.startswith("build/"):
                copy.unlink()


def programs(mutant):
    if "unit" in mutant.checkers:
        return ["build/release/tests/unit_tests", "build/release/tests/unit_tiny_tests"]
    return ["build/release/bin/morphcheck"]


def judge(mutant, workshop):
    """'' when the mutant is caught as it says, and by what; else what went wrong."""
    path = workshop.root / mutant.path
    original = path.read_text()
    if original.count(mutant.old) != 1:
        return "", (f"no longer applies: {mutant.path} has its text "
                    f"{original.count(mutant.old)} times")
    try:
        path.write_text(original.replace(mutant.old, mutant.new))
        status, output = workshop.make(*programs(mutant))
        if status != 0:
            return "", "does not build:\n" + excerpt(output)
        return caught_by_tests(workshop) if "unit" in mutant.checkers else caught(mutant, workshop)
    finally:
        path.write_text(original)


def caught_by_tests(workshop):
    for name in ("unit_tests", "unit_tiny_tests"):
        status, output = run([f"build/release/tests/{name}", "--gtest_brief=1"], UNIT_SECONDS,
                             folder=workshop.root)
        if status != 0:
            failed = re.findall(r"^\[  FAILED  \] (\S+?)(?:,| \(|$)", output, re.MULTILINE)
            return (failed[0] if failed else f"{name} ended with {status}"), ""
    return "", "survived the unit tests"


def caught(mutant, workshop):
    """Runs the suite on each subject until one of them shows the bug."""
    for subject in mutant.subjects.split():
        for extra in ([["--sweep", "--ops", SWEEP_OPERATIONS]] if mutant.sweep else
                      [["--ops", OPERATIONS]]):
            status, output = run(["build/release/bin/morphcheck", "run", "--subject", subject,
                                  "--seed", "1", "--seconds", SECONDS, *extra],
                                 10 * int(SECONDS), folder=workshop.root)
            if status == 0:
                continue
            found = CHECKER.search(output)
            checker = (found.group(1) or found.group(2)) if found else f"status {status}"
            if checker in mutant.checkers.split():
                return f"{checker} on {subject}", ""
            return "", (f"caught by {checker}, not by {mutant.checkers}:\n{excerpt(output)}")
    return "", f"survived on {mutant.subjects}"


def main():
    parser = argparse.ArgumentParser(description="Plants bugs and expects the suite to fail.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("ids", nargs="*")
    options = parser.parse_args()
    known = {mutant.id for mutant in MUTANTS}
    if unknown := set(options.ids) - known:
        parser.error(f"no mutant {' '.join(sorted(unknown))}; there are {' '.join(sorted(known))}")
    chosen = [mutant for mutant in MUTANTS if not options.ids or mutant.id in options.ids]
    idle = queue.Queue()
    for index in range(min(options.jobs, len(chosen))):
        workshop = Workshop(options.build / "mutants" / f"{index}")
        workshop.root.mkdir(parents=True, exist_ok=True)
        workshop.fill()
        idle.put(workshop)
    failed = []

    def work(mutant):
        workshop = idle.get()
        try:
            by, problem = judge(mutant, workshop)
        finally:
            idle.put(workshop)
        print(f"{'FAILED' if problem else 'caught':<7} {mutant.id:<36} {by or problem}", flush=True)
        if problem:
            failed.append(mutant.id)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(work, mutant) for mutant in chosen]:
            done.result()
    print(f"mutants: {len(chosen)} planted, {len(chosen) - len(failed)} caught, "
          f"{len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
