"""Runs a plan: groups round by round, limits, timelines and the micro rows, into one document.

Every run of a worker is in the document as soon as it ends, and results.json is replaced every few
seconds, so that an interrupted run leaves what it has. Nothing that a worker does ends the run.
"""

import collections
import subprocess
import time

import results
import worker
from plan import COMPARED, usual_seconds

SAVE_INTERVAL = 3.0
SLOW_SECONDS = 5.0       # cells that no target compares are measured twice when they take longer
SLOW_ROUNDS = 2
POLL_SECONDS = 0.2
SHARE_SECONDS = 1.2      # sampling the share of allocation calls takes so long, once per cell
PAUSES_MAX = 10000


class Measurement:
    """One run. `save` writes its document."""

    def __init__(self, plan, build, document, save, progress):
        self.plan = plan
        self.build = build
        self.document = document
        self.save = save
        self.progress = progress
        self.saved = self.started = time.monotonic()
        self.rows = {}
        self.micro_names = []

    def all(self, micro=True):
        """Everything that is planned; the groups get the time that is theirs."""
        if micro:
            self.list_micro()
        plan = self.plan
        for group in plan.groups:
            for cell in group.cells:
                self.progress.plan(group.rounds, group.rounds * self.weight(cell, group))
        for cell in (*plan.limits, *plan.timelines):
            self.progress.plan(1, usual_seconds(cell))
        self.progress.plan(len(self.micro_names), plan.micro_row_seconds * len(self.micro_names))
        left = sum(group.weight for group in plan.groups)
        for group in plan.groups:
            now = time.monotonic()
            until = now + (self.started + plan.cells_seconds - now) * group.weight / left
            self.group(group, until)
            left -= group.weight
        self.limits()
        self.timelines()
        if micro:
            self.micro()

    @staticmethod
    def weight(cell, group):
        """Seconds that a round of a cell takes, roughly."""
        sampled = cell.allocating and cell.workload != "profile"
        return usual_seconds(cell) + (SHARE_SECONDS / group.rounds if sampled else 0)

    def row(self, cell, part):
        """The document's row of a cell, from its first run on."""
        if cell.id not in self.rows:
            self.rows[cell.id] = results.empty_cell(cell)
            self.document[part].append(self.rows[cell.id])
        return self.rows[cell.id]

    def broke(self, problem):
        """Noted once: the run goes on, its exit status says it."""
        if problem not in self.document["problems"]:
            self.document["problems"].append(problem)

    def keep(self, always=False):
        if always or time.monotonic() - self.saved >= SAVE_INTERVAL:
            self.save()
            self.saved = time.monotonic()

    # -------------------------------------------------------------------------------- groups

    def group(self, group, until):
        """Round after round over all its cells, each time from another one on."""
        took = collections.Counter()
        for number in range(group.rounds):
            late = number >= group.rounds_min and time.monotonic() >= until
            shift = number % len(group.cells)
            for cell in group.cells[shift:] + group.cells[:shift]:
                row = self.row(cell, "cells")
                slow = took[cell.id] > SLOW_SECONDS and cell.system not in COMPARED
                if not late and row["status"] == results.FINISHED \
                        and not (slow and number >= SLOW_ROUNDS):
                    self.progress.show(f"{cell.id}, round {number + 1} of {group.rounds}")
                    began = time.monotonic()
                    for _ in range(cell.repeat):
                        if row["status"] == results.FINISHED:
                            self.sample(cell, row, number)
                    took[cell.id] = time.monotonic() - began
                self.progress.step(1, self.weight(cell, group))
                self.keep()

    def sample(self, cell, row, number):
        """One life of a cell. The profile's worker times allocation calls in more lives of the
        same run; a front end's share is sampled over many lives, so once and not every round."""
        profile = cell.workload == "profile"
        done = self.run(cell, allocating=cell.allocating and profile)
        row["status"], row["message"] = done.status, done.message
        if done.status != results.FINISHED:
            return
        for sample in done.samples:
            sample["round"] = number
            sample["pauses_ns"] = sample["pauses_ns"] and sample["pauses_ns"][:PAUSES_MAX]
            row["samples"].append(sample)
        if cell.allocating and not profile and len(row["samples"]) == 1:
            self.allocating(cell, row)

    def allocating(self, cell, row):
        """Gives a sample its share of the time in allocation calls, which another program says."""
        done = self.run(cell, allocating=True)
        if done.status != results.FINISHED:
            row["message"] = f"time in allocation calls: {done.status}: {done.message}"
            return
        own, other = row["samples"][-1], done.samples[-1]
        if other["checksum"] != own["checksum"]:
            self.broke(f"{cell.id}: another checksum when allocation calls are timed")
        if other["allocating_seconds"] is not None and other["seconds"] > 0:
            share = other["allocating_seconds"] / other["seconds"]
            own["allocating_seconds"] = share * own["seconds"]

    def run(self, cell, **options):
        done = worker.run(self.build, cell, self.plan.cell_seconds, **options)
        if done.missing:
            self.broke(done.message)
        return done

    # ---------------------------------------------------------------------- limits, timelines

    def limits(self):
        for cell in self.plan.limits:
            self.progress.show(cell.id)
            row = self.row(cell, "limits")
            self.sample(cell, row, 0)
            self.progress.step(1, usual_seconds(cell))
            self.keep()

    def timelines(self):
        for cell in self.plan.timelines:
            self.progress.show(f"{cell.id}, timeline")
            row = self.row(cell, "cells")
            if row["status"] == results.FINISHED:
                done = self.run(cell, timeline=True)
                if done.status == results.FINISHED:
                    row["timeline"] = done.timeline
                else:
                    row["message"] = f"timeline: {done.status}: {done.message}"
                    if not row["samples"]:
                        row["status"] = done.status
            self.progress.step(1, usual_seconds(cell))
            self.keep()

    # ------------------------------------------------------------------------------ micro rows

    def list_micro(self):
        """Names of the rows that build/bin/bench will run, for the progress."""
        words = [self.build / "bin/bench", *self.plan.micro_arguments,
                 "--benchmark_list_tests=true"]
        try:
            listing = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            self.broke(f"{words[0]}: {error}")
            return
        self.micro_names = listing.stdout.splitlines()

    def micro(self):
        """build/bin/bench writes its rows as they come; they are taken over as they come."""
        path = self.build / "bench/micro.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        words = [self.build / "bin/bench", f"--json={path}", *self.plan.micro_arguments]
        deadline = time.monotonic() + self.plan.micro_seconds
        try:
            process = subprocess.Popen(  # pylint: disable=consider-using-with
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True)
        except OSError as error:
            self.broke(f"{words[0]} cannot be started: {error}")
            return
        try:
            while process.poll() is None and time.monotonic() < deadline:
                self.take_micro(path)
                time.sleep(POLL_SECONDS)
            late = process.poll() is None
        finally:
            worker.stop(process)
        self.take_micro(path)
        if late:
            self.broke(f"{words[0]} was stopped after {self.plan.micro_seconds:.0f} seconds; "
                       f"{len(self.document['micro'])} of {len(self.micro_names)} rows")
        elif process.returncode != 0:
            self.broke(f"{words[0]} ended with status {process.returncode} after "
                       f"{len(self.document['micro'])} of {len(self.micro_names)} rows")

    def take_micro(self, path):
        try:
            rows = results.parse(path.read_text())["micro"]
            for row in rows:
                results.check_micro(path, row)
        except FileNotFoundError:
            rows = []
        except (OSError, ValueError, KeyError, TypeError, results.Unreadable) as error:
            self.broke(f"{path}: {error}")
            return
        new = len(rows) - len(self.document["micro"])
        if new > 0:
            self.document["micro"] = rows
            self.progress.step(new, self.plan.micro_row_seconds * new)
            self.keep()
        running = self.micro_names[len(rows)] if len(rows) < len(self.micro_names) else "micro rows"
        self.progress.show(running.partition("/iterations")[0])


def check_results(document):
    """Systems that did the same work have the same checksum. Whoever differs from most is wrong."""
    seen = collections.defaultdict(collections.Counter)
    rows = document["cells"] + document["limits"]
    for row in rows:
        for sample in row["samples"]:
            seen[row["workload"], row["lines"]][sample["checksum"]] += 1
    for row in rows:
        counts = seen[row["workload"], row["lines"]]
        usual = counts.most_common(1)[0][0] if counts else None
        wrong = {sample["checksum"] for sample in row["samples"]} - {usual}
        if wrong:
            row["status"] = results.FAILED
            row["message"] = f"wrong result: checksum {min(wrong)}, elsewhere {usual}"
            document["problems"].append(f"{row['id']}: {row['message']}")
