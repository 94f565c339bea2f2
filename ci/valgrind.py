#!/usr/bin/env python3
"""The body of `make valgrind`: tests and workloads under memcheck, threads under helgrind.

    ci/valgrind.py [--build DIR] [--jobs N] [--seconds N] [--seed N] [--list]
    ci/valgrind.py [--build DIR] [--tool memcheck|helgrind] -- PROGRAM [ARGUMENT...]

Without a program: all of ci/valgrind_plan.py, or as much of it as fits into --seconds; one line per
run as it ends. With one: that alone. Output and reports are left in DIR/valgrind/. What counts:

    error    whatever the tool reports but leaks; a program that ends with another status than it
             should, that runs longer than PROGRAM_SECONDS, that Valgrind cannot run, or that is not
             there
    leak     a block to whose beginning nothing points when the program ends: of malloc's, or an
             object that the library handed out and that neither was freed nor went with its pool

Last line: `valgrind: P programs, E errors, L leaks`. Exit status: 0 when P > 0 and E = L = 0, else
1; 2 usage.
"""

import argparse
import os
import pathlib
import re
import shutil
import sys
import time

import children
import valgrind_plan
from outcome import excerpt, status_text

SUPPRESSIONS = pathlib.Path(__file__).with_name("valgrind.supp")
ERROR_EXIT = 99
TOOLS = {
    "memcheck": ["--tool=memcheck", "--leak-check=full", "--track-origins=no",
                 "--errors-for-leak-kinds=definite,indirect,possible",
                 "--show-leak-kinds=definite,indirect,possible"],
    "helgrind": ["--tool=helgrind", "--history-level=approx"],
}
PROGRAM_SECONDS = 1800
REPORT_LINES = 50
SUMMARY = re.compile(r"ERROR SUMMARY: ([\d,]+) errors")
LEAK_RECORD = re.compile(r"blocks are (?:definitely|indirectly|possibly) lost in loss record")
LOST = re.compile(r"(?:definitely|indirectly|possibly) lost: [\d,]+ bytes in ([\d,]+) blocks")


def command(job, folder, index, seconds):
    """How a job is run; reports go to a file for each process, for tests fork."""
    words = ["valgrind", *TOOLS[job.tool], f"--error-exitcode={ERROR_EXIT}", "--num-callers=24",
             f"--suppressions={SUPPRESSIONS}", f"--log-file={folder}/{index}.report.%p", *job.words]
    return children.Command(tuple(words), seconds, folder / f"{index}.output", job.environment)


def counted(texts):
    """(errors, leaks) that the reports of one run tell of. memcheck counts the record of a leak as
    an error as well; here it is a leak only."""
    number = lambda found: sum(int(text.replace(",", "")) for text in found)
    text = "\n".join(texts)
    leaks = number(LOST.findall(text))
    return max(number(SUMMARY.findall(text)) - len(LEAK_RECORD.findall(text)), 0), leaks


def first_reports(text):
    """The first of what Valgrind reports: the rest often follows from it. All is in the file."""
    lines = text.splitlines()
    if len(lines) <= REPORT_LINES:
        return text.rstrip()
    return "\n".join([*lines[:REPORT_LINES], f"... and {len(lines) - REPORT_LINES} lines more"])


class Run:
    """All jobs of one call, their results."""

    def __init__(self, jobs, options):
        self.jobs, self.options = jobs, options
        self.folder = options.build / "valgrind"
        self.deadline = time.monotonic() + options.seconds if options.seconds else None
        self.errors = self.leaks = self.run = self.unfinished = 0

    def start(self, index):
        left = PROGRAM_SECONDS
        if self.deadline is not None:
            left = min(left, self.deadline - time.monotonic())
        return command(self.jobs[index], self.folder, index, left) if left > 0 else None

    def out_of_time(self):
        return self.deadline is not None and time.monotonic() >= self.deadline

    def ended(self, index, ended):
        """Judges and prints one run."""
        job = self.jobs[index]
        if ended is None or (ended.stopped and self.out_of_time()):
            self.unfinished += 1
            print(f"{job.tool:<9} {job.name:<58} the time was up", flush=True)
            return
        texts = [path.read_text(errors="replace")
                 for path in sorted(self.folder.glob(f"{index}.report.*"))]
        errors, leaks = counted(texts)
        found = bool(errors or leaks)
        broken = (ended.stopped or not any(SUMMARY.search(text) for text in texts) or
                  ended.status not in (job.status, ERROR_EXIT) or
                  (ended.status == ERROR_EXIT and not found) or ended.left > 0)
        errors += 1 if broken and not found else 0
        self.run += 1
        self.errors += errors
        self.leaks += leaks
        print(f"{job.tool:<9} {job.name:<58} {errors} errors, {leaks} leaks"
              f"{ended.seconds:8.1f} s{', FAILED' if broken or found else ''}", flush=True)
        if broken or found:
            self.show(index, ended, texts)

    def show(self, index, ended, texts):
        """What was found, and the command that shows it again."""
        job = self.jobs[index]
        environment = "".join(f"{name}='{value}' " for name, value in job.environment.items())
        words = " ".join(str(word) for word in job.words)
        print(f"    reproduce  {environment}ci/valgrind.py --build {self.options.build} --tool "
              f"{job.tool} -- {words}")
        print(f"    {status_text(None if ended.stopped else ended.status)}; it should end with "
              f"status {job.status}" + (f"; {ended.left} processes outlived it" if ended.left
                                        else ""))
        output = (self.folder / f"{index}.output").read_text(errors="replace")
        print(excerpt(output))
        for text in texts:
            if not re.search(r"ERROR SUMMARY: 0 errors", text):
                print(first_reports(text), flush=True)

    def last_line(self):
        if self.unfinished:
            print(f"{self.unfinished} programs did not end within {self.options.seconds:g} s")
        print(f"valgrind: {self.run} programs, {self.errors} errors, {self.leaks} leaks")
        return 0 if self.run and not self.errors + self.leaks else 1


def selected(options):
    if options.program:
        return [valgrind_plan.Job(" ".join([pathlib.Path(options.program[0]).name,
                                            *options.program[1:]])[:58],
                                  tuple(options.program), 1, options.tool)]
    jobs, left_out = valgrind_plan.chosen(valgrind_plan.all_jobs(options.build), options.seconds,
                                          options.jobs, options.seed)
    if left_out:
        print(f"{len(jobs)} of {len(jobs) + left_out} programs fit into {options.seconds:g} s "
              f"(seed {options.seed})", flush=True)
    return jobs


def main():
    parser = argparse.ArgumentParser(description="Runs tests and workloads under Valgrind.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=0, help="for all together; 0: no limit")
    parser.add_argument("--seed", type=int, default=1, help="of the choice that --seconds makes")
    parser.add_argument("--list", action="store_true", help="what would be run, and estimates")
    parser.add_argument("--tool", choices=sorted(TOOLS), default="memcheck")
    parser.add_argument("program", nargs="*")
    options = parser.parse_args()
    if options.jobs < 1 or options.seconds < 0:
        parser.error("needs at least one job, and no negative time")
    if shutil.which("valgrind") is None:
        parser.error("valgrind is not installed; ci/setup installs it")
    children.exit_on_signals()
    jobs = selected(options)
    if options.list:
        for job in jobs:
            print(f"{job.estimate:5g} s  {job.tool:<9} {job.name}")
        return 0
    run = Run(jobs, options)
    shutil.rmtree(run.folder, ignore_errors=True)
    run.folder.mkdir(parents=True)
    for index, ended in children.run_all(range(len(jobs)), options.jobs, run.start):
        run.ended(index, ended)
    return run.last_line()


if __name__ == "__main__":
    sys.exit(main())
