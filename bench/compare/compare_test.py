#!/usr/bin/env python3
"""compare.py and measure.py with fake programs: what a run leaves, whatever these do."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import fake_programs
import measure
import plan as plans
import progress
import results
import worker

COMPARE = pathlib.Path(__file__).with_name("compare.py")
ONE_SIZE = r"^profile/100/"


def small_plan(cells, rounds=3, **changes):
    group = plans.Group("test", tuple(cells), rounds, 1, 1.0)
    settings = {"groups": (group,), "limits": (), "timelines": (), "micro_arguments": (),
                "cells_seconds": 60, "cell_seconds": 5, "micro_seconds": 20,
                "micro_row_seconds": 1, **changes}
    return plans.Plan(**settings)


def cells_of(*systems, lines=10):
    return [plans.Cell("profile", lines, system) for system in systems]


class Silent:
    """A stream that nobody reads."""

    def isatty(self):
        return False

    def write(self, text):
        pass

    def flush(self):
        pass


class Folder(unittest.TestCase):
    """Programs and results of each test in a folder of its own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="morph-compare-")
        self.build = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()


class Measuring(Folder):
    def measure(self, plan, behaviour=None, bench_end="", micro=False):
        fake_programs.install(self.build, behaviour, bench_end)
        document = results.document(True, "fake")
        self.saves = 0

        def save():
            self.saves += 1
        run = measure.Measurement(plan, self.build, document, save,
                                  progress.Progress(Silent()))
        run.all(micro)
        measure.check_results(document)
        return document

    def test_systems_take_turns_and_each_round_begins_with_another(self):
        document = self.measure(small_plan(cells_of("v1", "glibc", "pmr")))
        order = [re.search(r"--system (\S+)", call).group(1)
                 for call in fake_programs.calls(self.build)]
        self.assertEqual(order, ["v1", "glibc", "pmr", "glibc", "pmr", "v1", "pmr", "v1", "glibc"])
        for row in document["cells"]:
            self.assertEqual([sample["round"] for sample in row["samples"]], [0, 1, 2])

    def test_a_cell_that_fails_is_a_row_and_is_not_tried_again(self):
        document = self.measure(small_plan(cells_of("v1", "glibc")),
                                {"v1": {"ends": "crash", "from_run": 1}})
        rows = results.cells_by_id(document)
        self.assertEqual(rows["profile/10/v1"]["status"], results.FAILED)
        self.assertEqual(len(rows["profile/10/v1"]["samples"]), 1)
        self.assertEqual(len(rows["profile/10/glibc"]["samples"]), 3)
        self.assertEqual(document["problems"], [])
        calls = [call for call in fake_programs.calls(self.build) if "--system v1 " in call]
        self.assertEqual(len(calls), 2)

    def test_a_wrong_result_is_a_problem_of_the_run(self):
        document = self.measure(small_plan(cells_of("v1", "glibc", "pmr"), rounds=1),
                                {"pmr": {"ends": "wrong"}})
        row = results.cells_by_id(document)["profile/10/pmr"]
        self.assertEqual(row["status"], results.FAILED)
        self.assertIn("wrong result: checksum bad", row["message"])
        self.assertEqual(len(document["problems"]), 1)

    def test_a_missing_program_is_one_problem_and_a_row_for_each_cell(self):
        fake_programs.install(self.build)
        plan = small_plan(cells_of("v1", "boehm"))
        with mock.patch.dict(worker.PROGRAMS, {"boehm": "nothing"}):
            document = self.measure(plan)
        self.assertEqual(len(document["problems"]), 1)
        self.assertIn("compare-nothing is missing", document["problems"][0])
        rows = results.cells_by_id(document)
        self.assertEqual(rows["profile/10/boehm"]["status"], results.FAILED)
        self.assertEqual(rows["profile/10/v1"]["status"], results.FINISHED)

    def test_late_rounds_are_left_out_but_not_the_first(self):
        plan = small_plan(cells_of("v1", "glibc"), rounds=50, cells_seconds=0)
        document = self.measure(plan)
        self.assertEqual([len(row["samples"]) for row in document["cells"]], [1, 1])

    def test_slow_systems_that_no_target_compares_are_not_measured_every_round(self):
        with mock.patch.object(measure, "SLOW_SECONDS", 0.0):
            document = self.measure(small_plan(cells_of("reference", "v1"), rounds=4))
        rows = results.cells_by_id(document)
        self.assertEqual(len(rows["profile/10/reference"]["samples"]), 2)
        self.assertEqual(len(rows["profile/10/v1"]["samples"]), 4)

    def test_the_share_of_a_front_end_is_sampled_once(self):
        cells = [plans.Cell("fox-real", 10, "v1")]
        document = self.measure(small_plan(cells))
        samples = document["cells"][0]["samples"]
        self.assertAlmostEqual(samples[0]["allocating_seconds"], 0.25 * samples[0]["seconds"])
        self.assertIsNone(samples[1]["allocating_seconds"])
        self.assertEqual(sum("--allocating" in call for call in
                             fake_programs.calls(self.build)), 1)

    def test_companions_are_measured_more_than_once_a_round(self):
        cells = [plans.Cell("fox-generated", 10, "v1", allocating=False, repeat=3)]
        samples = self.measure(small_plan(cells, rounds=2))["cells"][0]["samples"]
        self.assertEqual([sample["round"] for sample in samples], [0, 0, 0, 1, 1, 1])

    def test_limits_and_timelines_have_their_rows(self):
        limited = plans.Cell("profile", 10, "v1", 8 * plans.MIB, 512 * plans.MIB, allocating=False)
        plan = small_plan(cells_of("v1"), rounds=1, limits=(limited,),
                          timelines=tuple(cells_of("v1")))
        document = self.measure(plan)
        self.assertEqual([row["id"] for row in document["limits"]],
                         ["profile/10/v1/threshold-8M/limit-512M"])
        self.assertEqual(document["limits"][0]["limit_bytes"], 512 * plans.MIB)
        row = results.cells_by_id(document)["profile/10/v1"]
        self.assertEqual(len(row["timeline"]), 1)
        self.assertEqual(len(row["samples"]), 1)

    def test_a_micro_bench_that_ends_early_leaves_its_rows_and_a_problem(self):
        document = self.measure(small_plan(cells_of("v1"), rounds=1), micro=True,
                                bench_end="import os; os.abort()")
        self.assertEqual(len(document["micro"]), len(fake_programs.ROWS))
        self.assertIn("ended with status -6", document["problems"][0])

    def test_a_micro_bench_that_hangs_is_stopped(self):
        document = self.measure(small_plan(cells_of("v1"), rounds=1, micro_seconds=5), micro=True,
                                bench_end="time.sleep(600)")
        self.assertEqual(len(document["micro"]), len(fake_programs.ROWS))
        self.assertIn("was stopped after 5 seconds", document["problems"][0])
        self.assertEqual(running(self.build), [])


class Program(Folder):
    """compare.py as make calls it."""

    def start(self, *words):
        return subprocess.Popen(
            [sys.executable, COMPARE, "--build", self.build, "--quick", "--cxx", "true", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def compare(self, *words):
        with self.start(*words) as process:
            output, errors = process.communicate(timeout=240)
        return process.returncode, output, errors

    def read(self):
        return results.read(self.build / "bench/results.json")

    def test_last_line_counts_rows_and_targets_behind_and_the_figures_do_not_fail_it(self):
        fake_programs.install(self.build)
        status, output, errors = self.compare("--only", ONE_SIZE + "|micro")
        self.assertEqual(output.splitlines()[-1], "bench: 12 rows, 1 behind target", output)
        self.assertEqual(status, 0, output)
        self.assertIn("bench: ", errors)
        found = self.read()
        self.assertEqual((len(found["cells"]), len(found["micro"])), (9, 3))
        self.assertTrue((self.build / "bench/report.html").exists())
        self.assertEqual([row["id"] for row in found["targets"] if row["met"] is not None], [])

    def test_something_broken_is_exit_status_1_and_named(self):
        fake_programs.install(self.build, {"pmr": {"ends": "wrong"}})
        status, output, _ = self.compare("--only", ONE_SIZE)
        self.assertEqual(status, 1)
        self.assertIn("BROKEN profile/100/pmr: wrong result", output)

    def test_interrupted_it_leaves_what_there_is_and_no_worker(self):
        fake_programs.install(self.build, {"glibc": {"ends": "hang", "from_run": 1}})
        for kind in (signal.SIGINT, signal.SIGTERM):
            (self.build / "bin/orphan.pid").unlink(missing_ok=True)
            (self.build / "bin/calls.txt").unlink(missing_ok=True)
            with self.start("--only", ONE_SIZE) as process:
                for _ in range(2000):
                    if (self.build / "bin/orphan.pid").exists():
                        break
                    time.sleep(0.02)
                process.send_signal(kind)
                output, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130, errors)
            self.assertIn("bench: 9 rows", output.splitlines()[-1])
            self.assertTrue(results.cells_by_id(self.read())["profile/100/glibc"]["samples"])
            self.assertIn("interrupted: this is not the whole", self.read()["problems"])
            self.assertEqual(running(self.build), [])

    def test_results_are_there_while_it_runs(self):
        fake_programs.install(self.build, {"glibc": {"ends": "hang"}})
        with self.start("--only", ONE_SIZE) as process:
            for _ in range(2000):
                if (self.build / "bin/orphan.pid").exists():
                    break
                time.sleep(0.02)
            self.assertEqual(self.read()["version"], results.VERSION)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)

    def test_usage_is_exit_status_2(self):
        fake_programs.install(self.build)
        for words in (["--only", "("], ["--only", "no such cell"], ["--nonsense"], ["extra"],
                      ["--markdown", str(self.build / "none.json")]):
            with self.subTest(words=words):
                status, output, errors = self.compare(*words)
                self.assertEqual((status, output), (2, ""))
                self.assertNotIn("Traceback", errors)

    def test_results_that_cannot_be_written_are_exit_status_1(self):
        fake_programs.install(self.build)
        (self.build / "taken").write_text("a file")
        status, _, errors = self.compare("--only", ONE_SIZE, "--output", str(self.build / "taken"))
        self.assertEqual(status, 1)
        self.assertIn("cannot write results", errors)
        self.assertNotIn("Traceback", errors)

    def test_a_disk_that_fills_up_ends_the_run_with_what_it_has(self):
        fake_programs.install(self.build)
        (self.build / "bin/bench").write_text("#!/bin/sh\nrm -r \"$PWD_OF_RESULTS\"\n")
        os.environ["PWD_OF_RESULTS"] = str(self.build / "bench")
        self.addCleanup(os.environ.pop, "PWD_OF_RESULTS")
        status, output, errors = self.compare("--only", ONE_SIZE + "|micro")
        self.assertEqual(status, 1)
        self.assertIn("BROKEN cannot write results", output)
        self.assertTrue(output.splitlines()[-1].startswith("bench: 9 rows"))
        self.assertNotIn("Traceback", errors)

    def test_markdown_has_the_tables_of_a_file(self):
        fake_programs.install(self.build)
        self.compare("--only", ONE_SIZE)
        status, output, _ = self.compare("--markdown", str(self.build / "bench/results.json"))
        self.assertEqual(status, 0)
        self.assertIn("| 100 | V2 COMPILER | 0.1 |", output)
        self.assertEqual(output.count("### "), 2)

    def test_a_baseline_keeps_every_sample_and_drops_pauses_and_timelines(self):
        fake_programs.install(self.build)
        self.compare("--only", ONE_SIZE)
        path = self.build / "bench/results.json"
        status, output, _ = self.compare("--baseline", str(path))
        self.assertEqual(status, 0)
        kept, whole = json.loads(output), json.loads(path.read_text(encoding="utf-8"))
        self.assertEqual(list(kept), list(whole))
        for ours, theirs in zip(kept["cells"], whole["cells"], strict=True):
            self.assertNotIn("timeline", ours)
            for left, right in zip(ours["samples"], theirs["samples"], strict=True):
                self.assertEqual(left, {**right, "pauses_ns": None})


def running(build):
    """Programs of this folder that run."""
    return [call for call in pathlib.Path("/proc").glob("[0-9]*/cmdline")
            if str(build).encode() in read_bytes(call)]


def read_bytes(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    unittest.main()
