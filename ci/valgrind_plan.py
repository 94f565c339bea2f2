"""What `make valgrind` runs, under which tool, and what fits into a given time.

Estimates are seconds on one idle core of a machine of 2024. They only order the work: the longest
first, so that all cores end together; and, when VALGRIND_SECONDS is given, choose. Which runs are
chosen depends on the time, the number of cores and the seed alone: the list is turned by the seed
and taken from there as far as the sum of the estimates allows. So nights with different seeds get
round to everything.
"""

import dataclasses
import itertools
import pathlib

import fuzz_inputs

# These look at the address space of the process, most of which belongs to Valgrind here.
NOT_UNDER_VALGRIND = ("PagesDeathTest.ATightAddressSpaceLimitStillGivesAlignedMemory:"
                      "PagesDeathTest.RunningOutOfMappingRecordsIsARefusal:"
                      "Pages.TrimmingLeavesNothingBehind:"
                      "SwapFileTest.TooManyMappingsLeaveThePageAsItIs")
# Minutes under memcheck; `make test` runs it under ASan, and morphcheck's runs below do the same.
TOO_LONG = "HeapRandomPrograms.AgreeWithTheModel"
TRACES = pathlib.Path("corpora/traces")
ESTIMATES = {"runtime": 8, "heap": 8, "heap_failures": 8}


@dataclasses.dataclass(frozen=True)
class Job:
    """One run of a program under a tool."""

    name: str
    words: tuple
    estimate: float
    tool: str = "memcheck"
    status: int = 0  # that the program itself ends with
    environment: dict = dataclasses.field(default_factory=dict)


def unit_tests(build):
    """The test programs, in shards."""
    shards = {"unit": (8, 20), "unit_tiny": (8, 20), "reference": (2, 5), "interface": (2, 5)}
    for name, (count, estimate) in shards.items():
        for index in range(count):
            yield Job(f"{name} tests {index + 1}/{count}",
                      (build / f"release/tests/{name}_tests", "--gtest_brief=1"), estimate,
                      environment={"GTEST_FILTER": f"-{NOT_UNDER_VALGRIND}:{TOO_LONG}",
                                   "GTEST_TOTAL_SHARDS": str(count),
                                   "GTEST_SHARD_INDEX": str(index)})


def corpus(build):
    """Every file of corpora/, by the fuzz target that reads it; each runs its two subjects. The
    targets are linked without an engine here: a plain program that runs the files it is given."""
    for target in sorted(path.stem for path in pathlib.Path("fuzz/targets").glob("*.cpp")):
        inputs = fuzz_inputs.prepare(target, build, build / "release/bin/morphcheck")
        if inputs:
            yield Job(f"fuzz target {target}, {len(inputs)} inputs",
                      (build / f"release/bin/fuzz-{target}", *inputs), ESTIMATES.get(target, 5))


def workloads(build):
    """Smaller runs of what `make stress` runs."""
    binaries = build / "release/bin"
    for subject in ("arena.tiny", "pool.tiny", "context.tiny", "context", "heap.tiny",
                    "runtime.tiny", "v1", "v1.runtime"):
        yield Job(f"morphcheck run {subject}",
                  (binaries / "morphcheck", "run", "--subject", subject, "--seed", "1", "--ops",
                   "3000"), 10)
    sources = sorted(pathlib.Path("corpora/fox/accepted").glob("*.fox"))
    for mode in ("compiler", "runtime"):
        yield Job(f"fox sources, {mode}", (binaries / "fox-library", "--mode", mode, "--count",
                                           *sources[:6]), 4)
        yield Job(f"fox 300 lines, {mode}", (binaries / "fox-library", "--mode", mode, "--generate",
                                             "300", "--count"), 4)
        yield Job(f"profile 100 lines, {mode}", (binaries / "profile-library", "--mode", mode,
                                                 "--lines", "100", "--replace"), 4)
    for load, size in (("gcbench", 8), ("binary-trees", 8), ("lru", 256), ("deep-list", 5000),
                       ("wide-array", 5000), ("cyclic-graph", 1000)):
        yield Job(f"{load}, size {size}",
                  (binaries / "collector-library", load, "--size", str(size), "--force", "997",
                   "--nursery", "65536"), 4)


def real_programs(build):
    """Interpreters and the database on our allocators, and recorded processes replayed. No ledger:
    it sums contents across realloc, also bytes that nobody has written; memcheck sees overlap."""
    for program, size in (("real-lua", 20), ("real-sqlite", 300), ("real-duktape", 30)):
        for allocator in ("general", "context"):
            yield Job(f"{program}, size {size}, {allocator}",
                      (build / "release/bin" / program, "--size", str(size), "--seed", "1",
                       "--no-library", "--ledger", "off", "--allocator", allocator), 8)
    for path in sorted(TRACES.glob("*")):
        yield Job(f"trace {path.name}, its first 5,000 events",
                  (build / "release/bin/trace", "replay", path, "--first", "5000", "--subject",
                   "general", "--subject", "context"), 8)


def threads(build):
    """Threads, each with contexts of its own, under the tool that sees races and lock orders."""
    yield Job("threads", (build / "release/bin/threads", "--threads", "4", "--rounds", "1",
                          "--seed", "1", "--small"), 30, "helgrind")


def all_jobs(build):
    """Every kind of work in turn, so that a short run has some of each."""
    parts = [list(part(build)) for part in (
        threads, real_programs, workloads, corpus, unit_tests)]
    turns = itertools.zip_longest(*parts)
    return [job for turn in turns for job in turn if job is not None]


def chosen(jobs, seconds, width, seed):
    """(jobs to run, longest first; how many were left out). seconds 0: all of them."""
    kept = list(jobs)
    if seconds and kept:
        turn = seed % len(kept)
        room, kept = seconds * width, []
        for job in jobs[turn:] + jobs[:turn]:
            if job.estimate <= room and job.estimate <= seconds:
                room -= job.estimate
                kept.append(job)
    return sorted(kept, key=lambda job: -job.estimate), len(jobs) - len(kept)
