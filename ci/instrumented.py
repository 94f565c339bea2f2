#!/usr/bin/env python3
"""The bodies of `make valgrind`, `make tsan` and `make coverage`: test programs under a tool.

    ci/instrumented.py valgrind|tsan|coverage [--build DIR] [--jobs N] TEST_PROGRAM...

valgrind   memcheck, also over a few runs of build/bin; last line
           `valgrind: P programs, E errors, L leaks`, where a leak is a block that nothing points to
tsan       the programs are built with -fsanitize=thread; last line `N passed, M failed`
coverage   lines of the library that the tests run, by file; last line the total
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

from outcome import Outcome, excerpt, gtest_outcome, run

MEMCHECK = ["valgrind", "--tool=memcheck", "--leak-check=full", "--error-exitcode=99",
            "--errors-for-leak-kinds=definite,indirect", "--show-leak-kinds=definite,indirect",
            "--num-callers=20"]
PROGRAM_SECONDS = 3600
# These look at the address space of the process, most of which belongs to Valgrind here.
NOT_UNDER_VALGRIND = ("PagesDeathTest.ATightAddressSpaceLimitStillGivesAlignedMemory:"
                      "PagesDeathTest.RunningOutOfMappingRecordsIsARefusal:"
                      "Pages.TrimmingLeavesNothingBehind:"
                      "SwapFileTest.TooManyMappingsLeaveThePageAsItIs")


def programs_of_bin(build):
    """Whole programs worth a run under memcheck, with arguments that take seconds natively."""
    binaries = build / "bin"
    fox = [str(path) for path in sorted(pathlib.Path("corpora/fox/accepted").glob("*.fox"))[:5]]
    commands = [[binaries / "morphcheck", "run", "--subject", subject, "--seed", "1", "--ops",
                 "3000"] for subject in ("arena.tiny", "pool.tiny", "context.tiny", "context",
                                         "v1", "v1.runtime")]
    commands.append([binaries / "fox-library", "--count", *fox])
    return [command for command in commands if command[0].is_file()]


def valgrind(options):
    logs = options.build / "valgrind"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)

    def memcheck(index, command):
        log = logs / f"{index}.log"
        status, output = run([*MEMCHECK, f"--log-file={log}.%p", *command], PROGRAM_SECONDS,
                             {"GTEST_FILTER": f"-{NOT_UNDER_VALGRIND}"})
        text = "".join(path.read_text() for path in sorted(logs.glob(f"{index}.log.*")))
        errors = sum(int(number.replace(",", "")) for number in
                     re.findall(r"ERROR SUMMARY: ([\d,]+) errors", text))
        leaks = sum(int(number.replace(",", "")) for number in
                    re.findall(r"(?:definitely|indirectly) lost: [\d,]+ bytes in ([\d,]+)", text))
        broken = status != 0 or "ERROR SUMMARY" not in text
        print(f"{' '.join(str(part) for part in command)[:86]:<86} {errors} errors, {leaks} leaks"
              f"{', FAILED' if broken else ''}", flush=True)
        if broken:
            print(excerpt(output) + "\n" + excerpt(text), flush=True)
        # A leak is counted by memcheck as an error as well; one that fails otherwise is an error.
        return max(errors - leaks, int(broken and errors == 0)), leaks

    commands = [[program] for program in options.programs] + programs_of_bin(options.build)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(memcheck, range(len(commands)), commands))
    errors, leaks = (sum(column) for column in zip(*results))
    print(f"valgrind: {len(commands)} programs, {errors} errors, {leaks} leaks")
    return 1 if errors + leaks else 0


def tests(options):
    """Runs the programs in shards; the sum of their tests."""
    reports = options.build / "test-reports"
    total = Outcome()

    def shard(job):
        program, index = job
        stem = str(program).replace("/", "-")
        return gtest_outcome(program, reports / f"{stem}-{index}.json", index, options.jobs,
                             PROGRAM_SECONDS)

    jobs = [(program, index) for program in options.programs for index in range(options.jobs)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for (program, index), outcome in zip(jobs, pool.map(shard, jobs)):
            print(f"{str(program):<60} {index + 1}/{options.jobs} {outcome.passed:>6} passed, "
                  f"{len(outcome.failures)} failed", flush=True)
            total.add(outcome)
    for name, problem in total.failures:
        print(f"FAILED {name}\n{problem}", flush=True)
    return total


def tsan(options):
    os.environ.setdefault("TSAN_OPTIONS", "halt_on_error=1:allocator_may_return_null=1")
    total = tests(options)
    print(f"{total.passed} passed, {len(total.failures)} failed")
    return 1 if total.failures or not total.passed else 0


def coverage(options):
    folder = options.build / "coverage" / "profiles"
    shutil.rmtree(folder, ignore_errors=True)
    os.environ["LLVM_PROFILE_FILE"] = f"{folder.resolve()}/%p-%m.profraw"
    total = tests(options)
    merged = options.build / "coverage" / "merged.profdata"
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", "-o", merged,
                    *sorted(folder.glob("*.profraw"))], check=True)
    objects = [word for program in options.programs[1:] for word in ("-object", program)]
    report = ["llvm-cov-19", "report", f"-instr-profile={merged}", options.programs[0], *objects,
              "-ignore-filename-regex=(_test\\.cpp|/usr/|fuzz/|stress/|reference/)"]
    text = subprocess.run(report, capture_output=True, text=True, check=True).stdout
    html = options.build / "coverage" / "html"
    subprocess.run(["llvm-cov-19", "show", *report[2:], "-format=html", f"-output-dir={html}"],
                   capture_output=True, check=True)
    for line in text.splitlines():
        fields = line.split()
        if len(fields) > 10 and not line.startswith("Filename"):
            print(f"{fields[0]:<50} {fields[7]:>6} lines, {fields[8]:>5} never run, {fields[9]:>8}")
    print(f"in detail: {html}/index.html")
    match = re.search(r"^TOTAL +.*$", text, re.MULTILINE)
    print(f"coverage: {match.group(0).split()[9]} of lines")
    return 1 if total.failures else 0


def main():
    parser = argparse.ArgumentParser(description="Runs test programs under a tool.")
    parser.add_argument("tool", choices=["valgrind", "tsan", "coverage"])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("programs", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    return {"valgrind": valgrind, "tsan": tsan, "coverage": coverage}[options.tool](options)


if __name__ == "__main__":
    sys.exit(main())
