"""One fuzz target under libFuzzer: start it, follow what it says, stop it."""

import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

PULSE = re.compile(rb"#(\d+)\s+\w+\s+cov: (\d+) .*?corp: (\d+)/")
EXECUTED = re.compile(rb"stat::number_of_executed_units: (\d+)")
ARTIFACT = re.compile(rb"Test unit written to (\S+)")
UNIT_SECONDS = 20       # an input that takes longer is a finding
UNIT_MEGABYTES = 2048   # and one that takes more
LONGEST_INPUT = 1024
KEPT_OUTPUT = 400       # lines


class Engine:
    """A run of one target, in a process of its own."""

    def __init__(self, target, program, folder, seed):
        self.target, self.program, self.seed = target, program, seed
        self.work = folder / "work" / f"{target}-{seed}"
        self.corpus = folder / "corpus" / target
        self.seeds = folder / "seeds" / target
        self.artifacts = folder / "artifacts" / f"{target}-{seed}"
        for path in (self.work, self.corpus, self.seeds, self.artifacts):
            path.mkdir(parents=True, exist_ok=True)
        for path in [*self.work.iterdir(), *self.artifacts.iterdir()]:
            path.unlink()
        self.executions = self.coverage = self.corpus_size = 0
        self.state = "waiting"
        self.started = self.ends = 0.0
        self.status = None
        self.output = []
        self.process = None

    def run(self, seconds):
        """Fuzzes for so long, or until the first finding."""
        self.started = time.monotonic()
        self.ends = self.started + seconds
        self.state = "running"
        with self._start(seconds) as process:
            self.process = process
            watchdog = threading.Timer(seconds + UNIT_SECONDS + 10, process.kill)
            watchdog.start()
            for line in process.stdout:
                self._follow(line)
            self.status = process.wait()
            watchdog.cancel()
        self.ends = min(self.ends, time.monotonic())
        self.state = "stopped" if self.status else "done"

    def _start(self, seconds):
        command = [
            self.program, f"-seed={self.seed}", f"-max_total_time={max(1, round(seconds))}",
            f"-timeout={UNIT_SECONDS}", f"-rss_limit_mb={UNIT_MEGABYTES}",
            f"-max_len={LONGEST_INPUT}", "-print_final_stats=1", "-report_slow_units=10",
            f"-artifact_prefix={self.artifacts}/", "-use_value_profile=0", "-reload=0",
            self.work, self.corpus, self.seeds]
        return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=os.environ)

    def _follow(self, line):
        self.output = self.output[-KEPT_OUTPUT:] + [line]
        if match := PULSE.match(line):
            self.executions = int(match.group(1))
            self.coverage = int(match.group(2))
            self.corpus_size = int(match.group(3))
        elif match := EXECUTED.search(line):
            self.executions = max(self.executions, int(match.group(1)))

    def rate(self):
        """Executions per second since the start."""
        if not self.started:
            return 0
        elapsed = min(time.monotonic(), self.ends) - self.started
        return int(self.executions / elapsed) if elapsed > 0.5 else 0

    def seconds_left(self):
        if self.state == "waiting":
            return None
        return max(0, self.ends - time.monotonic())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()

    def text(self):
        return b"".join(self.output).decode(errors="replace")

    def finding(self):
        """The input of a finding, or None. A run that ends badly without one is a finding, too."""
        found = sorted(path for path in self.artifacts.iterdir()
                       if not path.name.startswith("slow-unit-"))
        if found:
            return found[0]
        named = ARTIFACT.findall(b"".join(self.output))
        return pathlib.Path(named[0].decode()) if named else None


def minimise(program, target, folder, seconds):
    """Merges what was found new into a minimised corpus: the least files with the same coverage.

    When that takes longer than `seconds`, the new inputs join the corpus as they are.
    """
    corpus = folder / "corpus" / target
    fresh = folder / "merged" / target
    fresh.mkdir(parents=True, exist_ok=True)
    for path in fresh.iterdir():
        path.unlink()
    works = sorted(path for path in (folder / "work").glob(f"{target}-*") if path.is_dir())
    command = [program, "-merge=1", f"-max_len={LONGEST_INPUT}", fresh, folder / "seeds" / target,
               corpus, *works]
    try:
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=max(1, seconds), check=False)
        complete = done.returncode == 0 and any(fresh.iterdir())
    except subprocess.TimeoutExpired:
        complete = False
    if complete:
        for path in corpus.iterdir():
            path.unlink()
    for source in [fresh] if complete else works:
        for path in source.iterdir():
            path.replace(corpus / path.name)
    for work in works:
        shutil.rmtree(work)
    shutil.rmtree(fresh)
