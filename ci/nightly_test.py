#!/usr/bin/env python3
"""Nights of fake steps: that fail, hang, are killed and go on; lost records; shares of time."""

import contextlib
import datetime
import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import children
import nightly
import nightly_results as results
import nightly_steps
from nightly_steps import Figure, Stage, Step

HERE = pathlib.Path(__file__).resolve().parent
COMMIT = "0123456789ab"
# A night in a process of its own, so that it can be killed: steps are pairs of name and script.
PROGRAM = """
import sys
sys.path.insert(0, {here!r})
import children, nightly, nightly_test
nightly.commit = lambda: {commit!r}
nightly.HEARTBEAT = 0.05
children.GRACE = 0.3
sys.exit(nightly.main({words!r}, nightly_test.staged({steps!r}), None))
"""


def step(name, script, minimum=0.0, **options):
    """A shell script; {told} in it is the time that the step is told to take."""
    return Step(name, f"about {name}", minimum,
                lambda told, night: ["sh", "-c", script.replace("{told}", f"{told:.2f}")],
                **options)


def staged(steps):
    return tuple(Stage(1, (step(name, script),)) for name, script in steps)


class Night(unittest.TestCase):
    """Each test has a folder with a build and nights in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="morph-nightly-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(self.end_session)
        self.words = ["--build", str(self.folder / "build"), "--nights",
                      str(self.folder / "nights"), "--jobs", "2"]
        for module, name, value in ((nightly, "commit", lambda: COMMIT),
                                    (nightly, "HEARTBEAT", 0.05), (children, "GRACE", 0.3)):
            self.addCleanup(setattr, module, name, getattr(module, name))
            setattr(module, name, value)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            self.addCleanup(signal.signal, number, signal.getsignal(number))

    def run_night(self, stages, *more, hours="0.01", build_step=None):
        said = io.StringIO()
        words = [*self.words, *(["--hours", hours] if hours else []), *more]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                status = nightly.main(words, stages, build_step)
            except SystemExit as left:
                status = left.code
        return status, said.getvalue()

    def end_session(self):
        """The stubborn step of a killed night that none goes on with."""
        if (path := self.folder / "pid").exists() and path.read_text().strip():
            children.end_family(int(path.read_text()), session=True)

    def start_night(self, steps, hours="0.01"):
        """In another process, all of whose output goes to a file."""
        words = [*self.words, *(["--hours", hours] if hours else [])]
        with open(self.folder / "output", "ab") as output:
            return subprocess.Popen([sys.executable, "-c", PROGRAM.format(
                here=str(HERE), commit=COMMIT, words=words, steps=steps)],
                stdout=output, stderr=output)

    def nights(self):
        return sorted(path for path in (self.folder / "nights").iterdir())

    def summary(self):
        return json.loads((self.nights()[-1] / "results.json").read_text())

    def record(self, name):
        return json.loads((self.nights()[-1] / f"steps/{name}.json").read_text())

    def until(self, condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "never came: " + (
                self.folder / "output").read_text())
            time.sleep(0.02)

    def runs(self, name):
        """A script that counts its runs."""
        return f"echo run >> {self.folder}/{name}.count"

    def count(self, name):
        path = self.folder / f"{name}.count"
        return len(path.read_text().split()) if path.exists() else 0


class Runs(Night):
    """A night that is left in peace."""

    def test_all_good_leaves_records_pages_and_status_zero(self):
        rate = Figure("rate", r", ([\d,]+) operations/s", "/s")
        stages = (Stage(1, (step("a", "echo first; echo a: 3 things, 4,500 operations/s",
                                 figures=(rate,)),)),
                  Stage(2, (step("b", "sleep 0.3"), step("c", "sleep 0.3"), step("d", "echo d"))))
        status, said = self.run_night(stages, "--seed", "7")
        self.assertEqual(status, 0, said)
        self.assertTrue(said.endswith("nightly: 4 steps good, 0 failed, 0 skipped, 0 findings\n"))
        summary = self.summary()
        self.assertEqual(summary["seed"], 7)
        self.assertEqual(summary["figures"]["a: rate"]["value"], 4500)
        self.assertGreater(summary["figures"]["b: peak memory"]["value"], 0)
        self.assertEqual(summary["steps"][0]["last_line"], "a: 3 things, 4,500 operations/s")
        for place in (self.nights()[0], self.folder / "build/nightly"):
            self.assertIn("4 steps good", (place / "report.html").read_text())
            self.assertIn("4 steps good", (place / "report.txt").read_text())
        self.assertEqual((self.nights()[0] / "logs/d.log").read_text(), "d\n")

    def test_failing_step_is_a_finding_with_its_command_and_others_still_run(self):
        stages = staged([("a", "echo '[ 1.0 s] FAILED one thing'; echo '  reproduce  again 7';"
                          "echo FAILED other; exit 1"), ("b", "echo gone; exit 5"),
                         ("c", "kill -9 $$"), ("d", "true")])
        status, said = self.run_night(stages)
        self.assertEqual(status, 1, said)
        self.assertTrue(said.endswith("nightly: 1 steps good, 3 failed, 0 skipped, 4 findings\n"))
        found = [(one["step"], one["title"], one["reproduce"])
                 for one in self.summary()["findings"]]
        self.assertEqual(found[0], ("a", "one thing", "again 7"))
        self.assertEqual(found[1][:2], ("a", "other"))
        self.assertEqual(found[2], ("b", "b ended with status 5", "sh -c 'echo gone; exit 5'"))
        self.assertEqual(found[3][:2], ("c", "c was ended by SIGKILL"))
        self.assertIn("gone", (self.nights()[0] / "report.txt").read_text())

    def test_finding_counts_even_when_the_step_ends_with_zero(self):
        status, said = self.run_night(staged([("a", "echo FAILED quietly")]))
        self.assertEqual(status, 1, said)

    def test_hanging_steps_are_ended_and_the_whole_time_is_kept(self):
        began = time.monotonic()
        hang = "trap '' TERM; (while :; do sleep 0.1; done) & while :; do sleep 0.1; done"
        status, said = self.run_night(staged([("a", hang), ("b", "echo fine")]), hours="0.0014")
        self.assertLess(time.monotonic() - began, 0.0014 * 3600 + 4)
        self.assertEqual(status, 1, said)
        self.assertTrue(said.endswith("nightly: 1 steps good, 1 failed, 0 skipped, 1 findings\n"))
        self.assertIn("did not end within", self.summary()["findings"][0]["title"])

    def test_what_does_not_fit_is_skipped_and_said(self):
        stages = (Stage(1, (step("long", "echo no", minimum=600),)), *staged([("a", "true")]))
        status, said = self.run_night(stages)
        self.assertEqual(status, 0, said)
        self.assertIn("skipped long: needs 600 s", said)
        self.assertTrue(said.endswith("nightly: 1 steps good, 0 failed, 1 skipped, 0 findings\n"))
        self.assertIn("needs 600 s", (self.nights()[0] / "report.html").read_text())

    def test_night_without_a_good_step_is_not_good(self):
        status, said = self.run_night((Stage(1, (step("long", "true", minimum=600),)),))
        self.assertEqual(status, 1, said)

    def test_a_step_is_not_run_when_the_one_that_it_needs_failed(self):
        status, said = self.run_night((Stage(1, (step("a", "exit 1"),)),
                                       Stage(1, (step("b", self.runs("b"), needs="a"),))))
        self.assertEqual((status, self.count("b")), (1, 0), said)
        self.assertIn("skipped b: a did not end well", said)

    def test_build_that_fails_ends_the_night_with_what_the_compiler_said(self):
        status, said = self.run_night(
            staged([("a", self.runs("a"))]),
            build_step=step("build", "echo 'x.cpp:3:1: error: planted'; exit 2",
                            finding=r"(.*error:.*)"))
        self.assertEqual((status, self.count("a")), (1, 0), said)
        self.assertIn("x.cpp:3:1: error: planted", said)
        self.assertIn("skipped a: the build failed", said)

    def test_work_that_a_step_left_out_is_said(self):
        _, said = self.run_night(staged([("a", "echo '3 programs did not end within 5 s'")]))
        self.assertIn("cut short a: 3 programs did not end within 5 s", said)

    def test_finished_night_is_shown_again_and_a_fresh_one_is_another(self):
        steps = staged([("a", self.runs("a") + "; exit 1")])
        for status in (1, 1):
            self.assertEqual(self.run_night(steps)[0], status)
        self.assertEqual((len(self.nights()), self.count("a")), (1, 1))
        self.assertEqual(self.run_night(steps, "--fresh")[0], 1)
        self.assertEqual((len(self.nights()), self.count("a")), (2, 2))

    def test_wrong_use_ends_with_two(self):
        steps = staged([("a", "true")])
        for words in (["--hours", "0"], ["--hours", "x"], ["--jobs", "0"], ["--seed", "-1"],
                      ["--hours", "nan"], ["--nonsense"]):
            self.assertEqual(self.run_night(steps, *words, hours=None)[0], 2, words)
        self.assertEqual(self.run_night(steps, "--seed", "5")[0], 0)
        status, said = self.run_night(steps, "--seed", "6")
        self.assertEqual(status, 2, said)
        self.assertIn("SEED=5", said)


class Killed(Night):
    """A night that is interrupted, and goes on."""

    def kill_in(self, steps, name, number=signal.SIGKILL):
        """Runs a night and ends it when this step has written its pid; its exit status."""
        process = self.start_night(steps)
        path = lambda: next((self.folder / "nights").glob(f"*/steps/{name}.json"), None)
        self.until(lambda: (self.folder / "nights").exists() and path() and (
            results.read(path()) or {}).get("session") and (self.folder / "pid").exists())
        os.kill(process.pid, number)
        return process.wait()

    def steps(self):
        first = f"test -e {self.folder}/again || {{ touch {self.folder}/again; "
        return [("a", self.runs("a")),
                ("b", f"{self.runs('b')}; {first} echo FAILED before the kill; "
                      f"(trap '' TERM; echo $$ > {self.folder}/pid; while :; do sleep 0.05; done) "
                      "& sleep 60; }"), ("c", self.runs("c"))]

    def test_killed_night_goes_on_and_keeps_what_was_found(self):
        self.kill_in(self.steps(), "b")
        self.assertEqual(self.record("b")["status"], results.RUNNING)
        process = self.start_night(self.steps(), hours=None)
        self.assertEqual(process.wait(), 1, (self.folder / "output").read_text())
        self.assertEqual([self.count(name) for name in "abc"], [1, 2, 1])
        self.assertEqual(len(self.nights()), 1)
        summary = self.summary()
        self.assertEqual([one["title"] for one in summary["findings"]], ["before the kill"])
        self.assertEqual(self.record("b")["attempts"], 2)
        session = self.record("b")
        self.assertNotIn("session", session)
        self.assertIn("processes of the attempt before", (self.folder / "output").read_text())

    def test_record_that_was_lost_is_as_none_and_the_others_are_kept(self):
        self.kill_in(self.steps(), "b")
        for torn in ("", "{", "[]", '{"name": "c", "status": "good", "seconds": 1}',
                     '{"name": "a"}', "\0" * 100,
                     '{"name": "a", "status": "good", "seconds": "x"}'):
            (self.nights()[0] / "steps/a.json").write_text(torn)
            night = results.Night(self.nights()[0], {}, self.folder, 1)
            self.assertEqual(night.record("a"), {}, torn)
        self.assertEqual(self.start_night(self.steps()).wait(), 1)
        self.assertEqual([self.count(name) for name in "abc"], [2, 2, 1])

    def test_lost_plan_begins_another_night(self):
        self.kill_in(self.steps(), "b")
        (self.nights()[0] / "plan.json").write_text('{"version": 1, "st')
        self.assertEqual(self.start_night([("a", self.runs("a"))]).wait(), 0)
        self.assertEqual((len(self.nights()), self.count("a")), (2, 2))

    def test_terminated_night_ends_its_step_first(self):
        self.assertEqual(self.kill_in(self.steps(), "b", signal.SIGTERM), 143)
        session = self.record("b")["session"]
        self.assertEqual(children.family(session, session=True), [])

    def test_time_that_was_spent_before_a_kill_counts(self):
        self.kill_in([("a", f"echo $$ > {self.folder}/pid; sleep 60")], "a")
        path = self.nights()[0] / "steps/a.json"
        record = json.loads(path.read_text())
        path.write_text(json.dumps({**record, "seconds": 0.01 * 3600 - 1, "session": None}))
        self.assertEqual(self.start_night([("a", self.runs("a"))]).wait(), 1)
        self.assertEqual(self.count("a"), 0)
        self.assertEqual(self.record("a")["reason"], "no time was left")


class Plan(unittest.TestCase):
    """Which night goes on; how time is divided."""

    def test_unfinished_night_goes_on_past_midnight_but_not_after_a_day(self):
        with tempfile.TemporaryDirectory(prefix="morph-nightly-") as name:
            nights = pathlib.Path(name)
            began = datetime.datetime(2026, 3, 1, 23, 30, tzinfo=datetime.timezone.utc)
            plan = {"version": 1, "started": results.told_time(began), "commit": COMMIT, "seed": 1,
                    "hours": 1.0, "finished": None}
            folder = nights / f"2026-03-01-{COMMIT}"
            results.write(folder / "plan.json", plan)
            at = lambda hours: began + datetime.timedelta(hours=hours)
            for hours, commit, fresh, expected in (
                    (1, COMMIT, False, folder.name), (23.9, COMMIT, False, folder.name),
                    (24.1, COMMIT, False, f"2026-03-02-{COMMIT}"),
                    (0.2, COMMIT, True, f"{folder.name}-2"),
                    (1, "ffff", False, "2026-03-02-ffff")):
                found, old = results.open_night(nights, commit, fresh, at(hours))
                self.assertEqual((found.name, old is not None),
                                 (expected, expected == folder.name), hours)
            results.write(folder / "plan.json", {**plan, "finished": plan["started"]})
            self.assertEqual(results.open_night(nights, COMMIT, False, at(0.2))[0], folder)
            self.assertEqual(results.open_night(nights, COMMIT, False, at(1))[0].name,
                             f"2026-03-02-{COMMIT}")

    def test_allowances_use_the_time_and_give_everyone_the_minimum(self):
        for seed in range(300):
            random.seed(seed)
            stages = tuple(Stage(random.uniform(0.1, 30), tuple(
                step(f"{at}-{index}", "", minimum=random.choice((0, 3, 60, 1000)))
                for index in range(random.randrange(1, 6)))) for at in range(8))
            seconds, width = random.uniform(1, 20000), random.randrange(1, 5)
            given = nightly_steps.allowances(stages, seconds, width)
            used = 0.0
            for stage in stages:
                own = [given[one.name] for one in stage.steps if one.name in given]
                self.assertIn(len(own), (0, len(stage.steps)), "a stage is kept whole or not")
                used += max(own, default=0) * nightly_steps.waves(stage, width)
                for one in stage.steps:
                    self.assertGreaterEqual(given.get(one.name, 1e9), one.minimum)
            self.assertLessEqual(used, seconds * (1 + 1e-9))
            if given:
                self.assertAlmostEqual(used, seconds, delta=1e-6 * seconds)

    def test_three_minutes_touch_every_kind_that_fits_and_three_hours_everything(self):
        names = {one.name for stage in nightly_steps.STAGES for one in stage.steps}
        within = lambda seconds: set(nightly_steps.allowances(nightly_steps.STAGES, seconds, 2))
        self.assertEqual(within(3 * 3600), names)
        self.assertEqual(names - within(3600), {"mutate"})
        self.assertLessEqual(names - within(180), {"analyse", "tsan", "coverage", "mutants",
                                                   "mutate", "peers", "bench", "bench-check"})

    def test_figures_and_findings_are_read_from_what_the_programs_print(self):
        said = {"tsan": "FAILED Heap.Moves\nWARNING\n12 passed, 1 failed",
                "valgrind": "memcheck  unit tests 1/8    1 errors, 0 leaks     2.0 s, FAILED\n"
                            "    reproduce  ci/valgrind.py -- x\nvalgrind: 12 programs, 1 errors, "
                            "0 leaks",
                "coverage": "impl/a.cpp    10 lines,     1 never run,   90.00%, branches   80.00%\n"
                            "coverage: lines 12.00 %, branches 11.50 %",
                "mutants": "[  7/197] SURVIVED  pool-x    reached     \n"
                           "found by the gate for every seed in under 10 s: 9 of 12 (75 %)\n"
                           "mutants: 13 planted, 13 reached, 12 triggered, 12 detected, 1 survived",
                "mutate": "survived  impl/a.cpp:3 f: < becomes <=\n"
                          "FAILED 12.0 % are killed, at least 75 % should be\n"
                          "mutate: 9 places, 9 compiled, 1 killed, 8 survived (0 never reached, "
                          "0 never differed), share 12.0 % of those that change behaviour, 11.1 % "
                          "of all",
                "fuzz": "finding in heap: overlap\n    kept as    x\n    reproduce  y\n\n"
                        "fuzz: 9 targets, 120 executions, 1 findings",
                "stress-real": "[   1.5 s] FAILED  real: lua 7    0.2 s\nwrong\n    again: y\n"
                               "[   2.0 s] good    real: lua 8    0.2 s\n"
                               "stress: 12 workloads, 1 failures",
                "soak": "soak: 12 units, resident flat (slope 0), 0 failures",
                "endure-heap": "finding: overlap on subject heap at operation 7\n  text\n"
                               "endure: heap: seed 7, 12 operations in 1.0 s, 12 operations/s, "
                               "0 collections, 1 findings"}
        for stage in nightly_steps.STAGES:
            for one in stage.steps:
                if one.name not in said:
                    continue
                text = said[one.name]
                figures = results.figures_in(text, one, 10.0)
                self.assertEqual(len(figures), len(one.figures), one.name)
                self.assertIn(12.0, [figure["value"] for figure in figures.values()], one.name)
                found = results.findings_in(text, one, "command")
                self.assertEqual(len(found), int(one.name not in ("soak", "coverage")), found)
                for finding in found if "reproduce" in text or "again" in text else []:
                    self.assertIn(finding["reproduce"], ("y", "ci/valgrind.py -- x"))
        self.assertEqual(results.coverage_lines(said["coverage"]), [("impl/a.cpp", 10, 1, 90.0)])

    def test_every_step_has_a_command_that_names_only_targets_that_exist(self):
        night = results.Night(pathlib.Path("nights/x"), {"seed": 9, "started": "x"},
                              pathlib.Path("b"), 2)
        makefile = (HERE.parent / "Makefile").read_text()
        for stage in (*nightly_steps.STAGES, Stage(1, (nightly_steps.BUILD,))):
            for one in stage.steps:
                words = [str(word) for word in one.command(50.0, night)]
                if words[0] == "make":
                    self.assertRegex(makefile, rf"(?m)^(?:.* )?{words[2]}(?: .*)?:")
                self.assertFalse([word for word in words if "{" in word], words)


if __name__ == "__main__":
    unittest.main()
