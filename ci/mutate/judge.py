"""Runs mutations against the units that can kill them, several at a time.

    mutation --> batches of units, the quickest first --> first failure: killed
                                                          none: survived

A kill is a unit that fails (once more, alone, to be sure: a test may fail because the machine is
busy), that a signal ends, that runs into its limit (a hang) or that takes too much memory.
"""

import dataclasses
import re
import shutil
import signal
import time

from children import Child, family
from units import DIFFERS, LOOK, REACHED, UNKNOWN, command, unit_words

BATCH_SECONDS = 2.0      # of the survey's time, in one process
LIMIT_FACTOR = 10        # times the survey's time,
LIMIT_SECONDS = 20       # and this: a hang
MEMORY_BYTES = 3 << 30   # resident, of a unit's processes together
MEMORY_LOOKS = 1.0       # seconds between looks at it
PAGE = 4096
FAILED = re.compile(r"^\[  FAILED  \] ([^\s(,]+)", re.MULTILINE)
RUNNING = re.compile(r"^\[ RUN      \] (\S+)", re.MULTILINE)


@dataclasses.dataclass
class Verdict:
    """kind: killed, survived, same (reached, never differs), unreached."""

    number: int
    kind: str
    by: str = ""
    how: str = ""
    seconds: float = 0.0
    reached: bool = False
    differs: bool = False
    unknown: bool = False


def batches(units, number):
    """Units that can kill the mutation, as lists that one process runs; the quickest first."""
    made = []
    by_program = {}
    for unit in units:
        if unit.can_kill(number):
            by_program.setdefault(unit.program if unit.test else unit.words, []).append(unit)
    for group in by_program.values():
        batch, total = [], 0.0
        for unit in sorted(group, key=lambda one: one.seconds):
            if batch and (total + unit.seconds > BATCH_SECONDS or not unit.test):
                made.append(batch)
                batch, total = [], 0.0
            batch.append(unit)
            total += unit.seconds
        made.append(batch)
    return sorted(made, key=lambda batch: max(unit.seconds for unit in batch))


def foreseen(units, number):
    """What the survey alone says: a verdict when it is known without running, else None."""
    seen = 0
    for unit in units:
        seen |= unit.seen.get(number, 0)
    flags = {"reached": bool(seen & REACHED), "differs": bool(seen & DIFFERS),
             "unknown": bool(seen & UNKNOWN)}
    if not flags["reached"]:
        return flags, Verdict(number, "unreached", **flags)
    if not flags["differs"] and not flags["unknown"]:
        return flags, Verdict(number, "same", **flags)
    return flags, None


def resident(pid):
    total = 0
    for one in family(pid, True):
        try:
            with open(f"/proc/{one}/statm", encoding="ascii") as file:
                total += int(file.read().split()[1]) * PAGE
        except OSError:
            pass  # it has ended meanwhile
    return total


class Trial:
    """One mutation on its way through its batches."""

    def __init__(self, mutation, units, root, folder):
        self.mutation, self.root = mutation, root
        self.folder = folder / f"{mutation.number}"
        self.flags, self.known = foreseen(units, mutation.number)
        self.waiting = batches(units, mutation.number)[::-1]
        self.started = time.monotonic()
        self.batch, self.child, self.again, self.looked = None, None, None, 0.0
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, batch):
        self.batch = batch
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "log"
        self.log.unlink(missing_ok=True)
        limit = LIMIT_SECONDS + LIMIT_FACTOR * sum(unit.seconds for unit in batch)
        self.child = Child(command(unit_words(batch), self.root, limit, self.log, {
            "MORPH_MUTATION": str(self.mutation.number), "TMPDIR": str(self.folder.resolve()),
            "MORPH_MUTATION_RECORD": str((self.folder / "seen").resolve())}))

    def look(self):
        """A verdict, or None as long as there is none."""
        if self.known:
            return self.known
        if self.child is None:
            if not self.waiting:
                return self.verdict("survived")
            self.start(self.waiting.pop())
        ended = self.child.look()
        if ended is None:
            if not self.too_large():
                return None
            return self.verdict("killed", self.batch[0].name, "memory")
        if ended.status == 0:  # and if it failed before, it was not the mutation
            self.child, self.again = None, None
            return None
        output = self.log.read_text(errors="replace")
        name, unit = self.culprit(output)
        if ended.stopped:
            return self.verdict("killed", name, "hang")
        if ended.status < 0:
            return self.verdict("killed", name, signal.Signals(-ended.status).name)
        if self.again is None and unit is not None:
            self.again = unit
            behind = self.batch[self.batch.index(unit) + 1:]
            if behind:
                self.waiting.append(behind)
            self.start([unit])
            return None
        return self.verdict("killed", name, "failed")

    def culprit(self, output):
        """Name of what failed, and its unit when it is one of several."""
        named = FAILED.findall(output) or RUNNING.findall(output)[-1:]
        for unit in self.batch:
            if named and unit.test == named[0]:
                return unit.name, unit
        return self.batch[0].name, self.batch[0] if not self.batch[0].test else None

    def too_large(self):
        if time.monotonic() - self.looked < MEMORY_LOOKS:
            return False
        self.looked = time.monotonic()
        return resident(self.child.pid) > MEMORY_BYTES

    def verdict(self, kind, by="", how=""):
        seen = self.folder / "seen"
        data = seen.read_bytes() if seen.is_file() else b""
        reached = self.flags["reached"] or bool(data[self.mutation.number:][:1].strip(b"\0"))
        self.close()
        return Verdict(self.mutation.number, kind, by, how,
                       round(time.monotonic() - self.started, 2),
                       **{**self.flags, "reached": reached})

    def close(self):
        if self.child is not None:
            self.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def judge(mutations, units, root, folder, jobs, deadline=None):
    """Yields the verdict of each mutation as it falls; ends early at the deadline."""
    waiting, running = list(mutations)[::-1], []
    try:
        while waiting or running:
            if deadline and time.monotonic() > deadline:
                return
            while waiting and len(running) < jobs:
                running.append(Trial(waiting.pop(), units, root, folder))
            for trial in list(running):
                verdict = trial.look()
                if verdict:
                    running.remove(trial)
                    yield verdict
            time.sleep(LOOK)
    finally:
        for trial in running:
            trial.close()
