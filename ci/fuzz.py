#!/usr/bin/env python3
"""The body of `make fuzz` and `make corpus`.

    ci/fuzz.py run --targets "..." --seconds 60 [--seed N] [--jobs N] [--build DIR]
    ci/fuzz.py corpus --targets "..." [--build DIR]

run     fuzzes the targets in parallel, from corpora/ and what earlier runs found
        (build/fuzz/corpus), for so many seconds of wall time in all. Shows one line per target,
        minimises the corpus, shrinks findings and writes them to corpora/regressions. Last line:
        `fuzz: T targets, N executions, F findings`. Exit status 1 with findings.
corpus  adds inputs of build/fuzz/corpus that reach what the seeds do not to corpora/seeds.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

import fuzz_inputs
from fuzz_engine import Engine, minimise
from fuzz_findings import keep

PLAIN_INTERVAL = 10.0    # seconds between status lines where they cannot be redrawn
REDRAW_INTERVAL = 0.5
MERGE_SHARE = 0.12       # of the time, for minimising the corpus
CORPUS_LIMIT = 50        # inputs that one `make corpus` brings in, the smallest first


class Display:
    """One status line per target: redrawn on a terminal, printed now and then elsewhere."""

    def __init__(self, engines):
        self.engines = engines
        self.terminal = sys.stdout.isatty()
        self.drawn = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        self.draw()

    def _loop(self):
        while not self.done.wait(REDRAW_INTERVAL if self.terminal else PLAIN_INTERVAL):
            self.draw()

    def draw(self):
        if self.terminal and self.drawn:
            sys.stdout.write(f"\x1b[{self.drawn}A")
        for engine in self.engines:
            left = engine.seconds_left()
            state = f"{left:3.0f} s left" if engine.state == "running" else engine.state
            line = (f"{engine.target:<10} {engine.rate():>8,}/s  {engine.executions:>11,} runs  "
                    f"coverage {engine.coverage:>6,}  corpus {engine.corpus_size:>5,}  "
                    f"findings {int(bool(engine.status))}  {state}")
            print(line + ("\x1b[K" if self.terminal else ""))
        self.drawn = len(self.engines)
        sys.stdout.flush()


def plan(options):
    """One engine per target, more when there are processors to spare."""
    instances = max(1, options.jobs // len(options.targets))
    folder = options.build / "fuzz"
    engines = []
    for target in options.targets:
        fuzz_inputs.prepare(target, options.build)
        for index in range(instances):
            engines.append(Engine(target, options.build / f"fuzz/bin/fuzz-{target}", folder,
                                  options.seed + index))
    return engines


def fuzz(engines, options, deadline):
    """Runs the engines, `jobs` at a time; each gets its share of what is left of the time."""
    lock = threading.Lock()
    waiting = list(engines)

    def worker():
        while True:
            with lock:
                if not waiting:
                    return
                engine = waiting.pop(0)
                # Those still to come share what is left: in rounds, when there are more than jobs.
                rounds = 1 + len(waiting) // options.jobs
                seconds = max(1.0, (deadline - time.monotonic()) / rounds)
            engine.run(seconds)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(worker) for _ in range(options.jobs)]:
            done.result()


def run(options):
    started = time.monotonic()
    print(f"fuzz: {len(options.targets)} targets, {options.seconds} seconds, "
          f"{options.jobs} at a time, SEED={options.seed}", flush=True)
    merge_seconds = options.seconds * MERGE_SHARE
    engines = plan(options)
    with Display(engines):
        try:
            fuzz(engines, options, started + options.seconds - merge_seconds)
        finally:
            for engine in engines:
                engine.stop()
    each = merge_seconds * options.jobs / len(options.targets)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(minimise, options.build / f"fuzz/bin/fuzz-{target}", target,
                                 options.build / "fuzz", each) for target in options.targets]:
            done.result()
    failed = [engine for engine in engines if engine.status != 0]
    findings = []
    for engine in failed:
        print(f"fuzz: shrinking a finding of {engine.target}", flush=True)
        findings.append(keep(engine, options))
    summary(engines, findings, options)
    return 1 if findings else 0


def summary(engines, findings, options):
    print(f"\n{'target':<10} {'executions':>12} {'per second':>11} {'coverage':>9} "
          f"{'corpus':>7} {'findings':>9}")
    for target in options.targets:
        own = [engine for engine in engines if engine.target == target]
        corpus = len(list((options.build / "fuzz/corpus" / target).iterdir()))
        print(f"{target:<10} {sum(e.executions for e in own):>12,} "
              f"{max(e.rate() for e in own):>11,} {max(e.coverage for e in own):>9,} {corpus:>7,} "
              f"{sum(f.target == target for f in findings):>9}")
    for finding in findings:
        print(f"\nfinding in {finding.target}: {finding.text}\n    kept as    {finding.path}\n"
              f"    reproduce  {finding.command}")
    total = sum(engine.executions for engine in engines)
    print(f"\nfuzz: {len(options.targets)} targets, {total} executions, {len(findings)} findings")


def bring_in(options):
    """New inputs that reach what no seed reaches become seeds: programs as text, others as is."""
    added = 0
    for target in options.targets:
        fuzz_inputs.prepare(target, options.build)
        folder = options.build / "fuzz"
        chosen, seeds = folder / "chosen" / target, folder / "seeds" / target
        shutil.rmtree(chosen, ignore_errors=True)
        shutil.copytree(seeds, chosen)
        known = {path.name for path in chosen.iterdir()}
        subprocess.run([options.build / f"fuzz/bin/fuzz-{target}", "-merge=1", chosen,
                        folder / "corpus" / target], capture_output=True, check=True)
        fresh = sorted((path for path in chosen.iterdir() if path.name not in known),
                       key=lambda path: (path.stat().st_size, path.name))
        for path in fresh[:CORPUS_LIMIT]:
            added += bring_in_one(target, path, options.build)
    print(f"corpus: {added} inputs added below {fuzz_inputs.SEEDS}")
    return 0


def bring_in_one(target, path, build):
    name = f"found-{fuzz_inputs.name_of(path.read_bytes())}"
    seeds = fuzz_inputs.SEEDS / target
    seeds.mkdir(parents=True, exist_ok=True)
    if not fuzz_inputs.is_operations(target):
        shutil.copy(path, seeds / name)
        return 1
    done = subprocess.run([build / "asan/bin/morphcheck", "convert", path, "--to", "text", "-o",
                           seeds / f"{name}.morph"], capture_output=True, check=False)
    return int(done.returncode == 0)


def has_engine(program):
    said = subprocess.run([program, "-help=1"], stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    return b"max_total_time" in said.stdout + said.stderr


def main():
    parser = argparse.ArgumentParser(description="Runs the fuzz targets.")
    parser.add_argument("what", choices=["run", "corpus"])
    parser.add_argument("--targets", type=str.split, required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1, 1 << 31))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--regressions", type=pathlib.Path, default=fuzz_inputs.REGRESSIONS)
    parser.add_argument("--shrink-seconds", type=int, default=20, help="for each finding")
    options = parser.parse_args()
    if not options.targets or options.seconds < 1 or options.jobs < 1:
        parser.error("needs at least one target, one second and one job")
    for target in options.targets:
        program = options.build / f"fuzz/bin/fuzz-{target}"
        if not program.is_file():
            parser.error(f"no target '{target}' (see TARGETS in make help)")
        if not has_engine(program):
            parser.error(f"{program} is not linked with libFuzzer; build it with clang, or run "
                         "your own engine on it")
    return run(options) if options.what == "run" else bring_in(options)


if __name__ == "__main__":
    sys.exit(main())
