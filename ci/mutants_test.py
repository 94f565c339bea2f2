#!/usr/bin/env python3
"""A run of mutants: resumed by its journal, stopped whole, wrong use refused."""

import argparse
import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import mutant_files
import mutant_workshop
import mutants
from mutant_result import Detection, Result

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


def options(**values):
    return argparse.Namespace(**{"seeds": 3, "seconds": 20.0, "fuzz_seconds": 60, "fresh": False,
                                 **values})


class Journals(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="morph-mutants-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "journal"
        self.mutant = mutant_files.load(ROOT, ["arena-half-alignment"])[0]
        self.result = Result(self.mutant.id, "arena", ["alignment"], seeds=3, reached=True,
                             detections=[Detection(1, "alignment", "morphcheck", "arena", 7, 0.5)])

    def test_what_was_kept_is_found_as_it_was(self):
        mutants.Journal(self.folder, options()).keep(self.mutant, self.result)
        self.assertEqual(mutants.Journal(self.folder, options()).find(self.mutant), self.result)

    def test_another_mutant_another_tree_or_other_seeds_are_not_what_was_kept(self):
        journal = mutants.Journal(self.folder, options())
        journal.keep(self.mutant, self.result)
        other = mutant_files.parse(self.mutant.text.replace("what: ", "what: Not "), "x")
        self.assertIsNone(journal.find(other))
        self.assertIsNone(mutants.Journal(self.folder, options(seeds=2)).find(self.mutant))
        journal.state = "another tree"
        self.assertIsNone(journal.find(self.mutant))

    def test_fresh_forgets_and_half_a_file_is_no_result(self):
        journal = mutants.Journal(self.folder, options())
        journal.keep(self.mutant, self.result)
        journal.path(self.mutant).write_text('{"key": ')
        self.assertIsNone(journal.find(self.mutant))
        journal.keep(self.mutant, self.result)
        self.assertIsNone(mutants.Journal(self.folder, options(fresh=True)).find(self.mutant))


class Programs(unittest.TestCase):
    def tearDown(self):
        mutant_workshop.STOPPED.clear()

    def test_a_program_is_ended_with_all_that_it_started_when_its_time_is_over(self):
        began = time.monotonic()
        ended = mutant_workshop.execute(["sh", "-c", "echo said; sleep 60 & sleep 60"], 0.5, ".")
        self.assertLess(time.monotonic() - began, 20)  # nobody holds its output open any more
        self.assertEqual((ended.status, ended.output), (None, "said\n"))

    def test_a_run_that_is_stopped_ends_its_programs_and_says_so_to_their_callers(self):
        timer = threading.Timer(0.5, mutant_workshop.stop_all)
        timer.start()
        with self.assertRaises(mutant_workshop.Interrupted):
            mutant_workshop.execute(["sleep", "60"], 60, ".")
        timer.join()
        self.assertFalse(mutant_workshop.RUNNING)


class Use(unittest.TestCase):
    def test_unknown_mutants_and_impossible_numbers_are_wrong_use(self):
        done = subprocess.run([sys.executable, HERE / "mutants.py", "no-such-mutant"], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no mutant no-such-mutant", done.stderr)
        for words in (["--seeds", "0"], ["--jobs", "0"], ["--seconds", "-1"],
                      ["--quick", "--build", str(HERE)]):
            with self.assertRaises(SystemExit) as left, contextlib.redirect_stderr(io.StringIO()):
                mutants.arguments(words)
            self.assertEqual(left.exception.code, 2)


if __name__ == "__main__":
    unittest.main()
