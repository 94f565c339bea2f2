#!/usr/bin/env python3
"""The body of `make nightly`: everything that takes longer than a change may wait, in bounded time.

    ci/nightly.py [--build DIR] [--nights DIR] [--jobs N] [--hours H] [--seed N] [--fresh]

    plan.json --> build --> stage, stage, ... --> results.json --> report.html, report.txt
                  not counted    within --hours

Called again after it was killed, it goes on with the night that did not end (ci/nightly_results.py
says what is kept). Every step has a deadline, and its whole session of processes ends with it.
Pages are written to DIR/nightly/ of the build and to the night's folder.

Last line: `nightly: G steps good, F failed, S skipped, N findings`, and before it what did not fit
or was cut short. Exit status: 0 when no step failed and nothing was found, 1 when not, 2 usage,
130 and 143 when interrupted.
"""

import argparse
import datetime
import os
import pathlib
import shlex
import shutil
import signal
import sys
import time

import children
import nightly_report
import nightly_results as results
import nightly_steps
from outcome import status_text

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench/compare"))
from results import commit, machine  # pylint: disable=wrong-import-position

HEARTBEAT = 2.0           # seconds between records of a running step: what a kill can lose
BUILD_SECONDS = 2 * 3600  # for the build, which HOURS does not count
DEFAULT_HOURS = 1.0
LEAST_SECONDS = 2.0       # a step with less left is not begun


class Runner:
    """One call: goes on with a night, step after step."""

    def __init__(self, night, stages, build_step):
        self.night, self.stages, self.build_step = night, stages, build_step
        self.steps = [step for stage in stages for step in stage.steps]
        self.spent = {}  # wall seconds by stage; of steps side by side those of the longest
        self.beats = {}
        for stage in stages:
            self.account(stage)

    def account(self, stage):
        """What the records say of a stage: its steps one behind the other, over the cores."""
        times = [self.night.record(step.name).get("seconds", 0.0) for step in stage.steps]
        width = min(len(times), self.night.jobs)
        self.spent[stage] = max([sum(times) / width, *times])

    def left(self):
        return self.night.plan["hours"] * 3600 - sum(self.spent.values())

    def done(self, step):
        return self.night.record(step.name).get("status") in results.DONE

    def run(self):
        if not self.build():
            for step in self.steps:
                self.skip(step, "the build failed")
            return
        planned = nightly_steps.allowances(
            self.stages, self.night.plan["hours"] * 3600, self.night.jobs)
        for stage in self.stages:
            waiting = []
            for step in stage.steps:
                if self.done(step):
                    continue
                if step.name not in planned:
                    self.skip(step, f"needs {step.minimum:g} s, more than its share of "
                              f"{self.night.plan['hours']:g} h")
                elif step.needs and self.night.record(step.needs).get("status") != results.GOOD:
                    self.skip(step, f"{step.needs} did not end well")
                else:
                    waiting.append(step)
            if waiting:
                self.run_stage(stage, waiting, planned)
                self.account(stage)

    def build(self):
        """Its time is not counted: it depends on what is there already. Every attempt builds."""
        step = self.build_step
        if step is None:
            return True
        command = step.command(0, self.night)
        start = lambda one: self.begin(one, command, BUILD_SECONDS, 0)
        return all(self.end(step, ended)["status"] == results.GOOD
                   for _, ended in children.run_all([step], 1, start, self.beat))

    def run_stage(self, stage, waiting, planned):
        """Steps side by side; each gets an equal part of what the stage has."""
        coming = self.stages[self.stages.index(stage):]
        shares = sum(one.share for one in coming if one.steps[0].name in planned)
        already = self.spent[stage]
        own = (self.left() + already) * stage.share / shares - already
        width = 1 if len(stage.steps) == 1 else self.night.jobs
        each = max(own, 0.0) / -(-len(waiting) // width)

        def start(step):
            self.beats.pop(step.name, None)
            if each < max(LEAST_SECONDS, min(step.minimum, 10)):
                return None
            told = max(each * nightly_steps.TOLD, 1.0)
            return self.begin(step, step.command(told, self.night), each, told)

        for step, ended in children.run_all(waiting, width, start, self.beat):
            if ended is None:
                self.skip(step, "no time was left")
            else:
                self.end(step, ended)

    def begin(self, step, words, seconds, told):
        words = tuple(str(word) for word in words)
        earlier = self.night.record(step.name)
        record = {
            "name": step.name, "about": step.about, "status": results.RUNNING, "told": told,
            "command": shlex.join(words), "seed": self.night.seed, "allowance": seconds,
            "started": results.told_time(results.utc_now()), "earlier": earlier.get("seconds", 0.0),
            "seconds": earlier.get("seconds", 0.0), "attempts": earlier.get("attempts", 0) + 1,
            "log": f"logs/{step.name}.log"}
        self.night.keep(record)
        said(f"{step.name:<18} {record['command'][:140]}")
        return children.Command(words, seconds, self.night.log(step.name),
                                {"MAKEFLAGS": "", "MAKELEVEL": "0"}, session=True)

    def beat(self, step, child):
        """Every few seconds: how long it has run, and who its processes are."""
        seconds = time.monotonic() - child.started
        if child.pid is None or seconds < self.beats.get(step.name, 0.0):
            return
        self.beats[step.name] = seconds + HEARTBEAT
        record = self.night.record(step.name)
        if record:
            self.night.keep({**record, "seconds": record["earlier"] + seconds, "session": child.pid,
                             "session_began": children.start_time(child.pid)})

    def end(self, step, ended):
        record = self.night.record(step.name)
        text = results.text_of(self.night.log(step.name))
        command = record["command"]
        found = results.findings_in(text, step, command)
        failed = ended.status != 0 or ended.stopped or ended.left > 0
        if not failed and step is self.build_step:
            found = []  # an attempt before this one told of them
        if failed and not found:
            found = [broken(step, ended, text, command)]
        seconds = record["earlier"] + ended.seconds
        record.pop("session", None)
        record.update(
            status=results.FAILED if failed or found else results.GOOD, exit=ended.status,
            stopped=ended.stopped, seconds=seconds, peak_bytes=ended.peak_bytes,
            last_line=results.last_line(text), findings=found, notes=results.notes_in(text),
            figures=results.figures_in(text, step, ended.seconds))
        if step.name == "bench" and not failed:
            measured = self.night.build / "bench/results.json"
            if measured.is_file():
                shutil.copyfile(measured, self.night.folder / "bench.json")
                record["figures"] = results.bench_figures(measured)
        self.night.keep(record)
        said(f"{step.name:<18} {record['status'].upper() if failed or found else 'good':<8}"
             f"{ended.seconds:7.1f} s  {record['last_line'][:100]}")
        return record

    def skip(self, step, reason):
        if self.done(step):
            return
        earlier = self.night.record(step.name)
        self.night.keep({"name": step.name, "about": step.about, "status": results.SKIPPED,
                         "reason": reason, "seconds": earlier.get("seconds", 0.0)})
        said(f"{step.name:<18} skipped: {reason}")


def broken(step, ended, text, command):
    """A finding made of a step that failed without telling of one."""
    if ended.stopped:
        title = f"{step.name} did not end within {ended.seconds:.0f} s"
    elif ended.status == 0:
        title = f"{step.name} left {ended.left} processes running"
    else:
        title = f"{step.name} {status_text(ended.status)}"
    last = "\n".join(text.rstrip().splitlines()[-results.LAST_LINES:])
    return {"step": step.name, "title": title, "text": last, "reproduce": command}


def said(words):
    print(f"{datetime.datetime.now():%H:%M:%S} {words}", flush=True)


def end_leftovers(night, steps):
    """Processes of a night that was killed so that it could not end them."""
    for step in steps:
        record = night.record(step.name)
        leader, began = record.get("session"), record.get("session_began")
        if record.get("status") != results.RUNNING or not isinstance(leader, int) or leader < 2:
            continue
        living = children.start_time(leader)
        # When the leader has ended, nobody else can have its number while its session lives.
        if living in (None, began) and (left := children.end_family(leader, session=True)):
            said(f"{step.name:<18} ended {left} processes of the attempt before")


def open_night(options):
    """The night to go on with, or a new one; None when it cannot be had as asked."""
    build_of = commit() or "unknown"
    folder, plan = results.open_night(options.nights, build_of, options.fresh)
    if plan is None:
        seed = options.seed if options.seed is not None else int(f"{results.utc_now():%Y%m%d}")
        plan = {"version": results.VERSION, "started": results.told_time(results.utc_now()),
                "commit": build_of, "seed": seed, "hours": options.hours or DEFAULT_HOURS,
                "machine": machine(),
                "jobs": options.jobs, "finished": None}
        results.write(folder / "plan.json", plan)
        said(f"night {folder.name}: {plan['hours']:g} h, seed {seed}")
        return results.Night(folder, plan, options.build, options.jobs)
    for name, given in (("SEED", options.seed), ("HOURS", options.hours)):
        if given is not None and given != plan[name.lower()]:
            print(f"nightly: {folder} was begun with {name}={plan[name.lower()]:g}; go on with "
                  "that, or begin anew with FRESH=1", file=sys.stderr)
            return None
    said(f"night {folder.name} " + (f"ended at {plan['finished']}; FRESH=1 begins another"
                                    if plan["finished"] else "goes on"))
    return results.Night(folder, plan, options.build, options.jobs)


def finish(night, runner):
    """Pages, last line, exit status."""
    steps = [*([runner.build_step] if runner.build_step else []), *runner.steps]
    summary = results.summary(night, steps)
    results.write(night.folder / "results.json", summary)
    earlier = night.earlier()
    pages = night.build / "nightly"
    for folder in (night.folder, pages):
        nightly_report.write(folder, summary, earlier)
    count = lambda status: sum(one["status"] == status for one in summary["steps"])
    for record in summary["steps"]:
        if record["status"] == results.SKIPPED:
            print(f"skipped {record['name']}: {record['reason']}")
        for note in record.get("notes") or []:
            print(f"cut short {record['name']}: {note}")
    for finding in summary["findings"]:
        print(f"finding in {finding['step']}: {finding['title']}\n"
              f"    reproduce  {finding['reproduce']}")
    print(f"in detail: {pages}/report.html")
    print(f"nightly: {count(results.GOOD)} steps good, {count(results.FAILED)} failed, "
          f"{count(results.SKIPPED)} skipped, {len(summary['findings'])} findings")
    return 1 if count(results.FAILED) or summary["findings"] or not count(results.GOOD) else 0


def main(words=None, stages=nightly_steps.STAGES, build_step=nightly_steps.BUILD):
    parser = argparse.ArgumentParser(description="Runs a night's work in bounded time.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--nights", type=pathlib.Path, help="default: nights/ of DIR/nightly")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--hours", type=float, help="default 1; of a night that goes on: its own")
    parser.add_argument("--seed", type=int, help="default: the date")
    parser.add_argument("--fresh", action="store_true", help="begin a new night in any case")
    options = parser.parse_args(words)
    options.nights = options.nights or options.build / "nightly/nights"
    hours = DEFAULT_HOURS if options.hours is None else options.hours
    if options.jobs < 1 or not 0.001 <= hours <= 1000 or (options.seed or 0) < 0:
        parser.error("needs at least one job, 0.001 to 1000 hours, and no negative seed")
    return work(options, stages, build_step)


def work(options, stages, build_step):
    children.exit_on_signals()
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
    night = open_night(options)
    if night is None:
        return 2
    runner = Runner(night, stages, build_step)
    if not night.plan["finished"]:
        end_leftovers(night, [*([build_step] if build_step else []), *runner.steps])
        runner.run()
        night.plan["finished"] = results.told_time(results.utc_now())
        results.write(night.folder / "plan.json", night.plan)
    return finish(night, runner)


if __name__ == "__main__":
    sys.exit(main())
