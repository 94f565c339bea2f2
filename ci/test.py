#!/usr/bin/env python3
"""The body of `make test`: builds everything, runs every check, counts.

    ci/test.py [--build DIR] [--jobs N] [--targets "..."] [GROUP...]

Prints one line per group and, last, `N passed, M failed`. A test is a unit test, a property, a
replayed file of the corpora, or a check of the tree or of what is installed. The exit status is 0
when none failed. A whole run counts what it covers of impl/, and judges that last.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import subprocess
import sys
import threading
import time
import typing

import checks
import coverage
import fuzz_inputs
import mutant_files
import tree
from outcome import Outcome, command_outcome, excerpt, gtest_outcome, run, unittest_outcome

sys.path.insert(0, str(pathlib.Path(__file__).with_name("consumers")))
from consumers import consumers  # pylint: disable=wrong-import-position

SHARD_SECONDS = 900  # nothing that is well takes this long
SOURCE_FOLDERS = ("impl/", "reference/", "fuzz/", "stress/", "bench/", "ci/")


@dataclasses.dataclass
class Group:
    """Tasks that are reported as one line."""

    name: str
    tasks: list[typing.Callable[[], Outcome]]
    waiting: int = 0
    seconds: float = 0
    outcome: Outcome = dataclasses.field(default_factory=Outcome)


def gtest_tasks(program, jobs, options, wrapper=()):
    """A GoogleTest program in shards, so that all processors have work."""
    reports = options.build / "test-reports" / ("wrapped" if wrapper else "")
    stem = str(program.relative_to(options.build)).replace("/", "-")
    return [lambda shard=shard: gtest_outcome(program, reports / f"{stem}-{shard}.json", shard,
                                              jobs, SHARD_SECONDS, wrapper)
            for shard in range(jobs)]


def tracked(folders, suffixes):
    """Files of the tree below these folders, without those that git ignores."""
    return [path for path in tree.files()
            if path.startswith(folders) and path.endswith(suffixes)]


def style_tasks(options):
    sources = options.build / "generated" / "sources"
    code = tracked(SOURCE_FOLDERS, (".h", ".hpp", ".c", ".cpp"))
    return [
        lambda: command_outcome("clang-tidy", [
            "ci/clang_tidy.py", "--cache", options.build / "clang-tidy", "--jobs",
            options.jobs], timeout=1800),
        lambda: command_outcome("tidy", ["ci/tidy.py", "--sources", sources]),
        lambda: checks.formatted(code),
    ]


def groups(options):
    build, jobs = options.build, options.jobs
    asan = build / "asan/tests"
    c_compilers = [options.cc, "gcc-12"]
    cpp_compilers = [options.cxx, "g++-12"]
    return [
        Group("fuzz tests", gtest_tasks(asan / "fuzz_tests", jobs, options)),
        Group("stress tests", [task for name in ("", "_reference", "_malloc") for task in
                               gtest_tasks(asan / f"stress{name}_tests", jobs, options)]),
        *[Group(f"{name} tests", gtest_tasks(asan / f"{name}_tests", jobs, options))
          for name in ("scale", "real", "trace")],
        Group("compare tests", gtest_tasks(asan / "compare_tests", jobs, options)),
        Group("unit tests", gtest_tasks(asan / "unit_tests", jobs, options)),
        Group("unit tests, tiny", gtest_tasks(asan / "unit_tiny_tests", jobs, options)),
        Group("unit tests, unmarked", [task for name in ("unit", "unit_tiny") for task in
                                       gtest_tasks(asan / f"{name}_tests", jobs, options,
                                                   coverage.UNMARKED)]),
        Group("unit tests, g++", gtest_tasks(build / "gcc/tests/unit_tests", jobs, options)),
        Group("reference", gtest_tasks(asan / "reference_tests", jobs, options)),
        Group("interface", gtest_tasks(asan / "interface_tests", jobs, options)),
        Group("style", style_tasks(options)),
        Group("headers", [lambda: checks.headers(c_compilers, cpp_compilers)]),
        Group("symbols", [lambda: checks.symbols(build, options.cc)]),
        Group("consumers", [lambda: consumers(build.resolve(), (options.cc, options.cxx)),
                            lambda: checks.readme(build, options.cc, options.cxx),
                            lambda: checks.quoted("docs/embedding.md",
                                                  "ci/consumers/embedding.c"),
                            lambda: checks.excerpts("docs/real-programs.md", [
                                f"stress/real/embed_{name}.h"
                                for name in ("lua", "sqlite", "duktape")])]),
        Group("replay", [lambda name=name: checks.replay(
            [build / f"{place}/bin/fuzz-{name}" for place in ("fuzz", "gcc")],
            fuzz_inputs.prepare(name, build)) for name in options.targets]),
        Group("mutants", [lambda name=name: command_outcome(name, [
            "ci/mutants.py", "--quick", "--jobs", 1, "--seconds", 10, "--build", build, name])
            for name in mutant_files.SUBSET]),
        Group("scripts", [lambda script=script: unittest_outcome(script)
                          for script in tracked(("ci/", "bench/"), ("_test.py",))]),
    ]


def build_all(options):
    """Everything that is tested; False when it does not build."""
    started = time.monotonic()
    flags = [word for word in os.environ.get("MAKEFLAGS", "").split()
             if not word.startswith(("-j", "--jobserver"))]
    command = ["make", "--no-print-directory", f"-j{options.jobs}", "test-programs",
               f"BUILD={options.build}"]
    environment = {"MAKEFLAGS": " ".join(flags)}
    if sys.stdout.isatty():  # somebody waits
        status, output = subprocess.run(command, env={**os.environ, **environment},
                                        check=False).returncode, ""
    else:
        status, output = run(command, timeout=3600, environment=environment)
    print(f"{'build':<20} {'done' if status == 0 else 'FAILED':>7}{'':22}"
          f"{time.monotonic() - started:7.1f} s", flush=True)
    if status != 0:
        print(excerpt(output))
    return status == 0


def run_groups(chosen, jobs):
    """Runs the tasks of all groups on `jobs` threads; prints each group when it is complete."""
    lock = threading.Lock()

    def work(group, task):
        started = time.monotonic()
        outcome = Outcome()
        try:
            outcome = task()
        except Exception as error:  # pylint: disable=broad-except
            outcome.check(group.name, f"the check itself failed: {error!r}")
        with lock:
            group.seconds += time.monotonic() - started
            group.outcome.add(outcome)
            group.waiting -= 1
            if group.waiting == 0:
                report(group)

    for group in chosen:
        group.waiting = len(group.tasks)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for group in chosen:
            for task in group.tasks:
                pool.submit(work, group, task)


def report(group):
    outcome = group.outcome
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    counts = f"{outcome.passed:>7} passed, {len(outcome.failures)} failed{skipped}"
    print(f"{group.name:<20} {counts:<29} {group.seconds:7.1f} s", flush=True)
    for name, problem in outcome.failures:
        indented = "\n".join("    " + line for line in problem.splitlines())
        print(f"FAILED {name}\n{indented}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Builds and checks everything, and counts.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--cc", default="clang-19")
    parser.add_argument("--cxx", default="clang++-19")
    parser.add_argument("--targets", type=str.split, default=[], help="names of the fuzz targets")
    parser.add_argument("groups", nargs="*", help="only groups that begin with one of these")
    options = parser.parse_args()
    started = time.monotonic()
    os.environ["MORPH_BUILD"] = str(options.build)  # for the tests of scripts
    if not build_all(options):
        print("0 passed, 1 failed")
        return 1
    chosen = [group for group in groups(options)
              if not options.groups or group.name.startswith(tuple(options.groups))]
    if not options.groups:
        coverage.clear(options.build, "tests")
        os.environ.update(coverage.environment(options.build, "tests"))
    run_groups(chosen, options.jobs)
    if not options.groups:
        chosen.append(Group("coverage", [lambda: coverage.gate(options.build, options.cxx)]))
        run_groups(chosen[-1:], 1)
    passed = sum(group.outcome.passed for group in chosen)
    failed = [name for group in chosen for name, _ in group.outcome.failures]
    print(f"{time.monotonic() - started:.0f} seconds in all")
    if failed:
        print("failed: " + "\n        ".join(failed))
    if passed + len(failed) == 0:
        failed = ["nothing was tested"]
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
