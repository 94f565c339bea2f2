"""The plan of a night: what is run, for which part of the time, and what is read from its output.

    build | analyse | tsan | valgrind | coverage | mutants | mutate | bench | bench-check | fuzz
      | stress | soaks
      ^ build: before the time counts; stress: room by room; soaks: side by side

A stage is one step, or several that need one core each and run side by side. Shares are parts of
what is left when a stage begins, over the shares of the stages that are still to come: time that a
stage leaves goes to those behind it, and those that take what they get stand at the end. A step
that says nothing in less than its minimum is skipped, and that is said.
"""

import dataclasses
import typing

# Part of its time that a step is told to take; the rest is for starting, shrinking, reporting.
TOLD = 0.9
FULL_BENCH_SECONDS = 1500  # from here on `make bench` runs whole; below, QUICK=1
FAILED_TITLE = r"^(?:\[[ \d.]+s\] )?FAILED +(\S.*?)\s*$"


@dataclasses.dataclass(frozen=True)
class Figure:
    """A number in a step's output: the last match of the pattern. per_second: over its time."""

    name: str
    pattern: str
    unit: str = ""
    more_is_better: bool | None = True
    per_second: bool = False


@dataclasses.dataclass(frozen=True)
class Step:
    """One command of the night. command(told seconds, night) gives its words."""

    name: str
    about: str
    minimum: float
    command: typing.Callable
    figures: tuple = ()
    finding: str = FAILED_TITLE  # begins a finding in the output; group 1 is its title
    needs: str = ""              # a step that must have ended well before


@dataclasses.dataclass(frozen=True)
class Stage:
    """Steps that run side by side, and their share of the time together."""

    share: float
    steps: tuple


def make(target, *settings):
    """A target of the Makefile, the same that people and workflows call."""
    return lambda told, night: [
        "make", "--no-print-directory", target, f"BUILD={night.build}", f"JOBS={night.jobs}",
        *(setting.format(told=int(told), seed=night.seed) for setting in settings)]


def bench(told, night):
    quick = [] if told >= FULL_BENCH_SECONDS else ["QUICK=1"]
    return ["make", "--no-print-directory", "bench", f"BUILD={night.build}", f"JOBS={night.jobs}",
            *quick]


def bench_check(_told, night):
    """Against the last night that measured; else make's own default, bench/baseline.json."""
    before = night.earlier_file("bench.json")
    return ["make", "--no-print-directory", "bench-check", f"BUILD={night.build}",
            *([f"BEFORE={before}"] if before else [])]


def room(name):
    """All workloads of one room of stress/, at full size, with a journal of its own."""
    return lambda told, night: [
        night.build / "bin/stress", "--seconds", f"{told:.0f}", "--seed", night.seed, "--plan",
        "full", "--rooms", name, "--jobs", min(night.jobs, 64), "--state",
        night.state(f"stress-{name}")]


def soak(told, night):
    return [night.build / "bin/soak", "--seconds", f"{told:.0f}", "--seed", night.seed, "--state",
            night.state("soak")]


def endure(subject):
    return lambda told, night: [
        night.build / "bin/morphcheck", "endure", "--subject", subject, "--ops", "1000000000",
        "--seed", night.seed, "--seconds", f"{told:.0f}"]


PASSED = (Figure("tests", r"^(\d+) passed, \d+ failed$"),)
FUZZED = (Figure("executions per second", r"^fuzz: \d+ targets, (\d+) executions", "/s",
                 per_second=True),
          Figure("executions", r"^fuzz: \d+ targets, (\d+) executions"))
CHECKED = (Figure("programs", r"^valgrind: (\d+) programs"),)
ANALYSED = (Figure("sources", r"^clang-tidy: (\d+) sources"),)
COVERED = (Figure("lines", r"^coverage: lines ([\d.]+) %", "%"),
           Figure("branches", r"^coverage: lines .*, branches ([\d.]+) %", "%"))
PLANTED = (Figure("mutants detected", r"^mutants: \d+ planted, .* (\d+) detected"),
           Figure("found at once", r"^found by the gate .* \((\d+) %\)", "%"))
MUTATED = (Figure("mutations killed", r"^mutate: .* share ([\d.]+) % of those", "%"),)
STRESSED = (Figure("workloads", r"^stress: (\d+) workloads"),)
SOAKED = (Figure("units", r"^soak: (\d+) units"),)
PEERED = (Figure("operations", r"^peers: \d+ subjects, (\d+) operations"),)
ENDURED = (Figure("operations per second", r", ([\d,]+) operations/s", "/s"),
           Figure("operations", r"^endure: \S+: seed \d+, ([\d,]+) operations in"))

BUILD = Step("build", "everything that the night runs", 0, make("nightly-programs"),
             finding=r"(.*(?:error:|undefined reference to|Error \d+).*)")
ROOMS = {"front-end": ("the front end on real and generated programs", 4),
         "collector": ("collector loads", 5),
         "scale": ("the front end and the profile at their largest", 6),
         "pressure": ("falling limits, injected failure, a neighbour that fills memory", 6),
         "real": ("Lua, SQLite and Duktape on the allocators", 5),
         "traces": ("recorded processes, replayed on every subject", 4),
         "threads": ("8 threads at once, hand-over, concurrent use", 3)}
ENDURING = ("arena", "pool", "context", "heap")

STAGES = (
    Stage(5, (Step("analyse", "clang-tidy with its path-sensitive analyser", 20,
                   make("analyse", "ANALYSE_SECONDS={told}", "SEED={seed}"), ANALYSED,
                   r"^(\S+:\d+:\d+: (?:warning|error): .*)$"),)),
    Stage(8, (Step("tsan", "tests and threads under ThreadSanitizer", 60,
                   make("tsan", "TSAN_SECONDS={told}", "SEED={seed}"), PASSED),)),
    Stage(12, (Step("valgrind", "tests, corpora and workloads under memcheck and helgrind", 20,
                    make("valgrind", "VALGRIND_SECONDS={told}", "SEED={seed}"), CHECKED,
                    r"^(\S+ .*, FAILED)$"),)),
    Stage(5, (Step("coverage", "lines and branches of the library that tests and corpora run", 60,
                   make("coverage", "COVERAGE_SECONDS={told}", "SEED={seed}"), COVERED),)),
    Stage(12, (Step("mutants", "planted bugs, which the suite must find", 300,
                    make("mutants", "MUTANTS_SECONDS={told}", "SEED={seed}"), PLANTED,
                    r"^(?:\[[ \d/]+\] )?(?:SURVIVED|ERROR) +(\S+)"),)),
    # It builds the library and its tests first, in a copy with the night's mutations. Survivors
    # are for reading; a share this low, of so few places, is no chance (standard deviation: 5).
    Stage(14, (Step("mutate", "small changes at random places of impl/ that the tests must see",
                    1000, make("mutate", "N=60", "MUTATE_SECONDS={told}", "SEED={seed}",
                               "AT_LEAST=75"), MUTATED),)),
    Stage(9, (Step("bench", "speed and memory against peers", 150, bench,
                   finding=r"^(?:problem: )(.*)$"),)),
    Stage(1, (Step("bench-check", "what became slower or bigger since the last night", 5,
                     bench_check, finding=r"^((?:newly failing|missing|slower|bigger) .*)$",
                     needs="bench"),)),
    Stage(18, (Step("fuzz", "every fuzz target, from the corpora on", 5,
                    make("fuzz", "FUZZ_SECONDS={told}", "SEED={seed}"), FUZZED,
                    r"^finding (\S.*)$"),)),
    Stage(6, (Step("peers", "correct subjects at length: no false alarm", 30,
                   make("peers", "SECONDS={told}", "SEED={seed}"), PEERED,
                   r"^ *finding: (.*)$"),)),
    *(Stage(share, (Step(f"stress-{name}", about, 3, room(name), STRESSED),))
      for name, (about, share) in ROOMS.items()),
    Stage(24, (Step("soak", "one long-lived process, resident memory flat", 3, soak, SOAKED,
                    r"^(?:FAILED |failed: )(.*)$"),
               *(Step(f"endure-{subject}", f"1,000,000,000 operations on {subject}, with checkers",
                      3, endure(subject), ENDURED, r"^finding: (.*)$")
                 for subject in ENDURING))),
)


def waves(stage, width):
    """How many times over a stage of steps for one core each fills the cores."""
    return -(-len(stage.steps) // width)


def allowances(stages, seconds, width):
    """{step: seconds} as it stands when the stages begin; a step without enough is left out.

    What is left out gives its share to the others, so the one that lacks most is dropped first,
    again and again, until all that remain have their minimum.
    """
    kept = list(stages)
    while kept:
        shares = sum(stage.share for stage in kept)
        given = {stage: seconds * stage.share / shares / waves(stage, width) for stage in kept}
        lacking = {stage: max(step.minimum for step in stage.steps) / given[stage]
                   for stage in kept if given[stage] > 0}
        worst = max(kept, key=lambda stage: lacking.get(stage, float("inf")))
        if lacking.get(worst, float("inf")) <= 1:
            return {step.name: given[stage] for stage in kept for step in stage.steps}
        kept.remove(worst)
    return {}
