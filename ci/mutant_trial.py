"""What one mutant goes through, and what comes out.

    build -> morphcheck run (endure, replay) on its subjects, seed by seed -> tests -> fuzzing
              |  a finding: shrunk; short programs show who else finds it     |
              +--> witnesses: checkers, crash, timeout                        +--> where all fails

The first three are what `make test` runs as well. A program that does not end is a finding:
"timeout". Tests and long lives are for what morphcheck and the corpora missed for each seed; of the
tests, only those of the rooms that the mutant touches. Whatever is run leaves the probe's marks.
"""

import pathlib
import re

import fuzz_inputs
from mutant_result import Detection, Result
from outcome import excerpt

FINDING = re.compile(r"^finding: (?:checker )?(\w+) on subject", re.MULTILINE)
SUMMARY = re.compile(r": (\d+) programs, (\d+) operations, .* in ([\d.]+) s$", re.MULTILINE)
ENDURED = re.compile(r"^finding: .*?(?:checker )?(\w+)", re.MULTILINE)
LEFT = re.compile(r"^(\d+) operations of (\d+) are left", re.MULTILINE)
FAILED_TEST = re.compile(r"^\[  FAILED  \] (\S+?)(?:,| \(|$)", re.MULTILINE)
TEST_CASE = re.compile(r"^TEST(?:_[FP])?\((\w+),", re.MULTILINE)
RUNNING_TEST = re.compile(r"^\[ RUN      \] (\S+)", re.MULTILINE)

MORPHCHECK = "release/bin/morphcheck"
GRACE = 8            # seconds beyond its time after which a run may hang
SURE = 30            # beyond which it does
STAGES = ("tests", "replay", "endure", "fuzz")  # after morphcheck run
VERSION = 1          # of what is done here: results of another one are not taken over
TEST_CPU_SECONDS = 240    # of the processor: the machine may be busy
TEST_SECONDS = 1800
REPLAY_SECONDS = 60
SHRINK_SECONDS = 6
FUZZ_SECONDS = 60
SEED_STRIDE = 1_000_000
SWEEP_OPERATIONS = 48
ENDURE_SECONDS = 10
ENDURING = ("arena", "pool", "context", "heap")
SHORT_RUNS = 10      # for the matrix: so many first findings of short programs
SHORT_SECONDS = 2
ALONE_SECONDS = 4
IMPL_TESTS = ("unit_tests", "unit_tiny_tests", "interface_tests", "fuzz_tests")
SUITE_TESTS = {"reference/": ("reference_tests", "interface_tests", "fuzz_tests"),
               "fuzz/": ("fuzz_tests",)}
# Tests of fuzz/ that a mutant of the class meets first; those of impl/ go by its folder.
FIRST_TESTS = {"generator": "Generate.*", "shrinker": "Shrink*.*",
               "checkers": "Fill.*:IntervalMap.*:Ledger.*:Isolate.*:Sweep.*:HeapSession.*:"
                           "*BrokenSubjects.*:*BrokenHeaps.*:*HeapConfigurations.*"}
# Subject -> fuzz target and corpus.
TARGETS = {"arena": "arena", "pool": "pool", "general": "general", "context": "context",
           "heap": "heap", "runtime": "runtime", "v1": "v1"}


class Trial:
    """One mutant in one workshop."""

    def __init__(self, mutant, workshop, options):
        self.mutant = mutant
        self.workshop = workshop
        self.options = options
        self.result = Result(mutant.id, mutant.kind, list(mutant.witnesses))
        self.hangs = False  # a run of it did not end
        self.morph = self.built(MORPHCHECK)

    def built(self, target):
        return f"{self.workshop.build}/{target}"

    def run(self):
        try:
            self.go()
        except RuntimeError as error:
            self.result.error = str(error)
        self.result.reached |= self.workshop.marked("reached")
        self.result.triggered |= self.workshop.marked("triggered")
        return self.result

    def go(self):
        result, seeds = self.result, range(1, self.options.seeds + 1)
        result.seeds = len(seeds)
        first = [] if self.mutant.witnesses == ("tests",) else ["drive"]
        looks = [*first, "replay", "tests", "endure"] if first else ["tests"]
        for name in looks:
            if name != "drive" and name not in self.options.stages:
                continue
            look = getattr(self, name)
            found = {one.seed for one in result.detections}
            if name == "drive":
                self.build(MORPHCHECK)
                for seed in seeds:
                    result.detections += self.drive(seed)
                self.explore()
            elif not found or (name == "replay" and len(found) < len(seeds)):
                result.detections += [one for one in look() if one.seed not in found]
            if self.options.quick and result.detected:
                return
        if not result.detected and "fuzz" in self.options.stages:
            self.fuzz(seeds)

    def build(self, *targets):
        ended = self.workshop.make(*targets)
        self.result.build_seconds += ended.seconds
        if ended.bad:
            raise RuntimeError("does not build:\n" + excerpt(ended.output))

    # ---- morphcheck

    def modes(self):
        """Ways to run each subject."""
        plain = [(subject, ()) for subject in self.mutant.subjects]
        if not self.mutant.sweep:
            return plain
        return [(subject, ("--sweep", "--program-ops", SWEEP_OPERATIONS))
                for subject in self.mutant.subjects] + plain

    def morphcheck(self, subject, mode, seed, seconds, *more):
        """(witness or "", operations run, seconds) of one run."""
        words = [self.morph, "run", "--subject", subject, "--seed", seed, "--ops",
                 10_000_000, "--seconds", f"{seconds:.2f}", *mode, *more]
        ended = self.workshop.run(words, seconds + (GRACE if self.hangs else SURE))
        summary = SUMMARY.search(ended.output)
        operations = int(summary.group(2)) if summary else None
        took = float(summary.group(3)) if summary else ended.seconds
        if ended.status == 0:
            return "", operations, took
        if ended.status is None:
            # The machine may be slow: the first time it gets long; from then on less is enough.
            self.hangs = True
            return "timeout", operations, took
        found = FINDING.search(ended.output)
        return found.group(1) if found else "crash", operations, took

    def drive(self, seed):
        """All subjects in turn, each time for longer, until the bug is found or time is up."""
        left, spent, operations, slice_seconds, turn = self.options.seconds, 0.0, 0, 0.5, 0
        while left > 0:
            for subject, mode in self.modes():
                begin = seed * SEED_STRIDE + turn * 10_000
                seconds = min(slice_seconds, max(left, 0.1))
                witness, run, took = self.morphcheck(subject, mode, begin, seconds)
                operations += run or 0
                spent += took
                if witness:
                    if self.result.shrunk is None and witness != "timeout" and \
                            not self.options.quick:
                        self.shrink(subject, mode, begin)
                    return [Detection(seed, witness, "morphcheck", subject, operations,
                                      round(spent, 2))]
                left -= took
                turn += 1
            slice_seconds *= 3
        return []

    def shrink(self, subject, mode, seed):
        """The size of the program that is left of the finding, in operations."""
        found, small = self.workshop.files / "found.morph", self.workshop.files / "small.morph"
        found.unlink(missing_ok=True)
        self.workshop.run([self.morph, "run", "--subject", subject, "--seed", seed,
                           "--ops", 10_000_000, "--seconds", self.options.seconds, *mode, "--out",
                           found], self.options.seconds + SURE)
        if not found.exists():
            return
        ended = self.workshop.run([self.morph, "shrink", found, "--out", small, "-s",
                                   subject, "--seconds", SHRINK_SECONDS], SHRINK_SECONDS + SURE)
        if left := LEFT.search(ended.output):
            self.result.shrunk, self.result.shrunk_from = int(left.group(1)), int(left.group(2))

    def explore(self):
        """Which checkers are the first to fire; and if it is always one: who does without it."""
        found = [one for one in self.result.detections if one.by == "morphcheck"]
        if not found or self.options.quick:
            return
        counts = self.result.first
        for one in found:
            counts[one.witness] = counts.get(one.witness, 0) + 1
        if "timeout" in counts:
            return
        mode = dict(self.modes()).get(found[0].subject, ())
        for index in range(SHORT_RUNS):
            witness, _, _ = self.morphcheck(found[0].subject, mode,
                                            100 * SEED_STRIDE + index * 997, SHORT_SECONDS)
            if witness:
                counts[witness] = counts.get(witness, 0) + 1
        checkers = [name for name in counts if name not in ("crash", "timeout")]
        if len(checkers) == 1:
            self.result.others = self.without(found[0].subject, mode, checkers[0])

    def without(self, subject, mode, checker):
        """Checkers that find the mutant when that one is switched off."""
        others = []
        for seed in (1, 2):
            witness, _, _ = self.morphcheck(subject, mode, 200 * SEED_STRIDE * seed,
                                            ALONE_SECONDS, "--without", checker)
            if witness and witness not in others:
                others.append(witness)
        return others

    # ---- other drivers

    def programs(self):
        for path in self.mutant.paths:
            for folder, names in SUITE_TESTS.items():
                if path.startswith(folder):
                    return names
        return IMPL_TESTS

    def filters(self, name):
        """Which tests of a program are run first: those of the class, or of the mutant's folder."""
        if self.mutant.kind in FIRST_TESTS:
            return [FIRST_TESTS[self.mutant.kind]]
        folder = pathlib.Path(self.mutant.paths[0]).parent
        suites = {suite for path in (self.workshop.root / folder).glob("*_test.cpp")
                  for suite in TEST_CASE.findall(path.read_text())}
        if not name.startswith("unit") or not suites:
            return []
        return [":".join(f"{suite}.*:*/{suite}.*" for suite in sorted(suites))]

    def tests(self):
        """The gate's tests: found by them for every seed, since they have none."""
        spent = 0.0
        for name in self.programs():
            program = f"{'asan' if self.options.quick else 'release'}/tests/{name}"
            self.build(program)
            first = self.filters(name)
            for chosen in first if self.options.quick and first else [*first, "*"]:
                ended = self.workshop.run(
                    ["prlimit", f"--cpu={TEST_CPU_SECONDS}", self.built(program),
                     "--gtest_fail_fast", "--gtest_color=no", f"--gtest_filter={chosen}"],
                    TEST_SECONDS)
                spent += ended.seconds
                if ended.bad:
                    return self.failed_test(program, ended, round(spent, 2))
        return []

    def failed_test(self, program, ended, seconds):
        """The test that failed; the unchanged tree must pass it."""
        failed = FAILED_TEST.findall(ended.output) or RUNNING_TEST.findall(ended.output)
        test = (failed or [program])[0 if ended.status == 1 else -1]
        if failed and self.workshop.run_unchanged([self.built(program), f"--gtest_filter={test}"],
                                                  TEST_SECONDS).bad:
            raise RuntimeError(f"{test} fails in the unchanged tree as well")
        return [Detection(seed, f"test {test}", "tests", seconds=seconds)
                for seed in range(1, self.options.seeds + 1)]

    def room(self):
        """The fuzz target and the folder of corpora/seeds for its first subject, or None."""
        return TARGETS.get(self.mutant.subjects[0].split(".")[0])

    def replay(self):
        """Programs of corpora/, on the first of its subjects."""
        files = fuzz_inputs.programs(self.room()) if self.room() else []
        if not files:
            return []
        ended = self.workshop.run([self.morph, "replay", "-s", self.mutant.subjects[0],
                                   *files], REPLAY_SECONDS)
        found = FINDING.search(ended.output)
        if not found and ended.status is not None:
            return []
        witness = found.group(1) if found else "timeout"
        return [Detection(seed, witness, "replay", self.mutant.subjects[0],
                          seconds=round(ended.seconds, 2))
                for seed in range(1, self.options.seeds + 1)]

    def endure(self):
        """One long life of each subject that has one, for each seed."""
        found = []
        for seed in range(1, self.options.seeds + 1):
            for subject in self.mutant.subjects:
                if subject.split(".")[0] not in ENDURING:
                    continue
                ended = self.workshop.run(
                    [self.morph, "endure", "-s", subject, "--seed", seed, "--ops",
                     1_000_000_000, "--seconds", ENDURE_SECONDS], ENDURE_SECONDS + SURE)
                witness = FINDING.search(ended.output) or ENDURED.search(ended.output)
                if ended.bad:
                    name = witness.group(1) if witness else "crash"
                    found.append(Detection(seed, name if ended.status is not None else "timeout",
                                           "endure", subject, seconds=round(ended.seconds, 2)))
                    break
        return found

    def fuzz(self, seeds):
        """libFuzzer on the subject's target, for a minute each seed, until one finds it."""
        target = self.room()
        if target is None:
            return
        self.build(f"fuzz/bin/fuzz-{target}", MORPHCHECK)
        corpus = self.workshop.files / f"corpus-{target}"
        corpus.mkdir(exist_ok=True)
        for path in fuzz_inputs.programs(target):
            self.workshop.run([self.morph, "convert", path, "--to", "binary", "-o",
                               corpus / path.name], SURE)
        for seed in seeds:
            ended = self.workshop.run(
                [self.built(f"fuzz/bin/fuzz-{target}"), f"-seed={seed}", "-timeout=20",
                 f"-max_total_time={self.options.fuzz_seconds}", "-print_final_stats=1",
                 f"-artifact_prefix={self.workshop.files}/", corpus],
                self.options.fuzz_seconds + 2 * SURE)
            if not ended.bad:
                continue
            named = re.search(r"checker (\w+)", ended.output)
            runs = re.search(r"number_of_executed_units: (\d+)", ended.output)
            self.result.detections.append(Detection(
                seed, named.group(1) if named else "crash", "fuzz", target,
                int(runs.group(1)) if runs else None, round(ended.seconds, 2)))
