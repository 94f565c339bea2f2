#!/usr/bin/env python3
"""Which lines and branches of impl/ are run: body of `make coverage`, and a gate of `make test`.

    ci/coverage.py report [--build DIR] [--jobs N] [--seconds N] [--seed N] --targets "..."
                          --programs TEST...
    ci/coverage.py never-run [--build DIR]     what the last count of make test did not reach
    ci/coverage.py store [--build DIR]         keep its figures: ci/coverage-stored.json

    build/asan/tests/*_tests   build/asan/bin/fuzz-*     library code in them counts
              |                        |
        profiles/tests           profiles/corpora        shared by all their processes, also by
              |                        |                 those that crash
              +---> build/coverage <---+                 ci/coverage_counts.py: what is counted

The last line of `report` is `coverage: lines X %, branches Y %`, of tests and corpora together.
With --seconds, corpora get a quarter of the time and test programs the most of the rest; what does
not fit is left out, which is said. Exit status: 0 when nothing failed, else 1.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

import children
import coverage_counts as counts
import fuzz_inputs
import instrumented
from outcome import Outcome, excerpt, run, status_text

STORED = pathlib.Path(__file__).with_name("coverage-stored.json")
MAY_FALL = 1.0       # points below the stored figure
JUDGED = ("lines", "branches")
# What the figures are read from. Between them they hold every function of impl/ that is compiled;
# other programs run copies of the same functions, and add to the same counts.
MAPPED = ("unit", "unit_tiny", "interface")
NEVER_RUN_SHOWN = 40
# The fast paths, which marks for AddressSanitizer pin off (impl/chunk/memory_marks.h), run in a
# second run without them, but for the tests of what is marked.
UNMARKED = ("env", "MORPH_ASAN_MARKS=0", "GTEST_FILTER=-*Marks.*:*MarksDeathTest.*")
MARKED_PROGRAMS = ("unit_tests", "unit_tiny_tests")
CORPUS_SECONDS = 1200


def profile_folder(build, name):
    return build.resolve() / "coverage/profiles" / name


def environment(build, name):
    """Where a program that counts puts its counts: %m tells programs apart, %c maps the file."""
    return {"LLVM_PROFILE_FILE": f"{profile_folder(build, name)}/%c%m.profraw"}


def clear(build, name):
    """Counts of earlier runs are gone: a new run starts at zero."""
    shutil.rmtree(profile_folder(build, name), ignore_errors=True)
    profile_folder(build, name).mkdir(parents=True)


def tool(name, compiler):
    """The compiler's own version of a tool: profiles of another cannot be read."""
    return subprocess.run([compiler, f"-print-prog-name={name}"], capture_output=True, text=True,
                          check=True).stdout.strip()


def chosen(build, profile):
    """Arguments that name a merged profile and the programs it is of."""
    programs = [build / f"asan/tests/{name}_tests" for name in MAPPED]
    return [f"-instr-profile={profile}", programs[0],
            *[word for program in programs[1:] for word in ("-object", program)]]


def count(build, names, compiler):
    """Files with their counts, of the profiles of some runs together; None when there are none."""
    raw = [path for name in names for path in sorted(profile_folder(build, name).glob("*.profraw"))]
    if not raw:
        return None
    merged = build / f"coverage/{'-'.join(names)}.profdata"
    subprocess.run([tool("llvm-profdata", compiler), "merge", "-sparse", *raw, "-o", merged],
                   check=True, capture_output=True)
    export = subprocess.run(
        [tool("llvm-cov", compiler), "export", "-skip-functions", "-skip-expansions",
         *chosen(build, merged)], capture_output=True, text=True, check=True).stdout
    return counts.read(json.loads(export), ".")


def kept(build):
    return build / "coverage/tests.json"


def keep(build, files):
    """What `store` and `never-run` read later."""
    figures = counts.figures(files.values())
    kept(build).write_text(json.dumps({
        "figures": {name: round(figure.percent(), 2) for name, figure in figures.items()},
        "lines": {name: file.never_run() for name, file in files.items()},
        "marked": {name: file.marked_lines() for name, file in files.items()},
        "branches": {name: [[*place, *taken] for place, taken in sorted(file.branches.items())
                            if 0 in taken] for name, file in files.items()}}, indent=1))


def told(figures):
    return ", ".join(f"{name} {figure.percent():.2f} %" for name, figure in figures.items())


def judge(files, stored):
    """A gate of make test: one check for each figure, and one for the markers."""
    outcome = Outcome()
    figures = counts.figures(files.values())
    for name in JUDGED:
        now, before = figures[name].percent(), stored[name]
        outcome.check(f"coverage of {name}", "" if now >= before - MAY_FALL else (
            f"{now:.2f} % of the {name} of impl/ are run; the stored figure is {before:.2f} %, and "
            f"it may fall by {MAY_FALL:g} point\nwhat was not run: ci/coverage.py never-run"))
    wrong = [f"{name}:{line}: {text}" for name, file in files.items()
             for line, text in file.complaints()]
    outcome.check("markers of unreachable lines", "\n".join(wrong))
    return outcome


def gate(build, compiler):
    """The group of make test: what its programs ran, compared with the stored figures."""
    files = count(build, ["tests"], compiler)
    if files is None:
        outcome = Outcome()
        outcome.check("coverage", f"no program left counts; is {compiler} a clang?")
        return outcome
    keep(build, files)
    return judge(files, json.loads(STORED.read_text()))


def replay(build, target, seconds, bounded):
    """A fuzz target, linked without an engine, on all its inputs. What it ran counts, also when
    the time ends it: that is no failure where time is bounded."""
    fuzz_inputs.prepare(target, build)
    folders = [path for path in (build / "fuzz/seeds" / target, build / "fuzz/corpus" / target)
               if path.is_dir()]
    status, output = run([build / f"asan/bin/fuzz-{target}", *folders], seconds,
                         environment(build, "corpora"))
    outcome = Outcome()
    well = status == 0 or (status is None and bounded)
    outcome.check(f"corpora of {target}", "" if well else f"{status_text(status)}\n"
                  f"{excerpt(output)}")
    told = "failed" if not well else "replayed" if status == 0 else "the time was up"
    return outcome, told


def html(build, names, compiler):
    """Pages of llvm-cov; the folder."""
    folder = build / f"coverage/html/{'-'.join(names)}"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(
        [tool("llvm-cov", compiler), "show", *chosen(build, build /
                                                     f"coverage/{'-'.join(names)}.profdata"),
         "-format=html", f"-output-dir={folder}", "-show-branches=count",
         "-show-instantiations=false", "-ignore-filename-regex=^(?!.*impl/)|_test\\.cpp$"],
        check=True, capture_output=True)
    return folder


def report(options):
    build, total = options.build, Outcome()
    for name in ("tests", "corpora"):
        clear(build, name)
    each = CORPUS_SECONDS
    if options.seconds:  # of the time, a quarter is for the corpora
        each = options.seconds / 4 * options.jobs / len(options.targets)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for target, (outcome, said) in zip(options.targets, pool.map(
                lambda target: replay(build, target, each, options.seconds), options.targets)):
            print(f"corpora of {target:<39} {said}", flush=True)
            total.add(outcome)
    options.seconds *= 0.7
    os.environ.update(environment(build, "tests"))
    marked = [path for path in options.programs if path.name in MARKED_PROGRAMS]
    total.add(instrumented.tests(options.programs, options, marked, UNMARKED))
    for name, problem in total.failures:
        print(f"FAILED {name}\n{problem}", flush=True)
    runs = (["tests"], ["corpora"], ["tests", "corpora"])
    found = [count(build, names, options.cxx) for names in runs]
    if None in found:
        print("a run left no counts")
        return 1
    show_files(found[-1])
    for names, files in zip(runs, found):
        print(f"{' and '.join(names) + ':':<18} {told(counts.figures(files.values()))}; "
              f"in detail: {html(build, names, options.cxx)}/index.html")
    figures = counts.figures(found[-1].values())
    print(f"coverage: lines {figures['lines'].percent():.2f} %, "
          f"branches {figures['branches'].percent():.2f} %")
    return 1 if total.failures else 0


def show_files(files):
    """A line for each file, then what no test and no corpus reached, and what is left out."""
    for name, file in files.items():
        figures = counts.figures([file])
        lines, branches = figures["lines"], figures["branches"]
        print(f"{name:<42} {lines.all:>5} lines, {lines.all - lines.covered:>4} never run, "
              f"{lines.percent():7.2f}%, branches {branches.percent():7.2f}%")
    marked = sum(len(file.marked_lines()) for file in files.values())
    rest = [f"{name}:{line}" for name, file in files.items() for line in file.never_run()]
    for place in rest[:NEVER_RUN_SHOWN]:
        print(f"never run: {place}")
    print(f"{marked} lines never run and marked unreachable, {len(rest)} never run and not marked")
    for rule in counts.RULES:
        print(f"{sum(file.left_out[rule] for file in files.values()):>6} sides of branches left "
              f"out: {rule}")


def never_run(options):
    """What make test did not reach, as file:line, and branches with the side never taken."""
    last = json.loads(kept(options.build).read_text())
    for name, lines in last["lines"].items():
        source = pathlib.Path(name).read_text().split("\n")
        for line in lines:
            print(f"{name}:{line}: {source[line - 1].strip()}")
    for name, branches in last["branches"].items():
        source = pathlib.Path(name).read_text().split("\n")
        for line, column, end_line, end_column, true, false in branches:
            text = source[line - 1][column - 1:end_column - 1 if end_line == line else None]
            never = "both" if true + false == 0 else "true" if true == 0 else "false"
            print(f"{name}:{line}:{column}: never {never}: {text}")
    print(f"{sum(map(len, last['lines'].values()))} lines, "
          f"{sum(map(len, last['branches'].values()))} branches")
    return 0


def store(options):
    last = json.loads(kept(options.build).read_text())["figures"]
    STORED.write_text(json.dumps(last, indent=4) + "\n")
    print(f"{STORED}: {last}")
    return 0


def main():
    parser = argparse.ArgumentParser(description="Counts which lines of impl/ tests run.")
    parser.add_argument("command", choices=["report", "never-run", "store"])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=0, help="for all together; 0: no limit")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cxx", default="clang++-19")
    parser.add_argument("--targets", type=str.split, default=[], help="names of the fuzz targets")
    parser.add_argument("--programs", nargs="+", type=pathlib.Path, default=[],
                        help="test programs")
    options = parser.parse_args()
    if options.jobs < 1 or options.seconds < 0:
        parser.error("needs at least one job, and no negative time")
    if options.command == "report" and not (options.programs and options.targets):
        parser.error("report needs test programs and targets")
    if options.command != "report" and not kept(options.build).is_file():
        parser.error(f"there is no {kept(options.build)}: a whole make test writes it")
    children.exit_on_signals()
    return {"report": report, "never-run": never_run, "store": store}[options.command](options)


if __name__ == "__main__":
    sys.exit(main())
