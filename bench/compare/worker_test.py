#!/usr/bin/env python3
"""worker.py with workers that do as they should, and with workers that do anything else."""

import json
import os
import pathlib
import tempfile
import time
import unittest
from unittest import mock

import fake_programs
import results
import worker
from plan import MIB, Cell

PROFILE = Cell("profile", 10, "v1")


def alive(process):
    """A process that is there and no zombie."""
    try:
        state = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


class Worker(unittest.TestCase):
    """Each test has programs of its own; their system v1 does what the test says."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="morph-compare-")
        self.build = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def run_worker(self, ends=None, seconds=10.0, cell=PROFILE, sample=None, **options):
        fake_programs.install(self.build, {"v1": {"ends": ends, "sample": sample or {}}})
        return worker.run(self.build, cell, seconds, **options)

    def test_a_sample_comes_with_all_its_figures(self):
        done = self.run_worker()
        self.assertEqual((done.status, done.message), (results.FINISHED, ""))
        sample = done.samples[0]
        self.assertAlmostEqual(sample["seconds"], 1e-5)
        self.assertEqual((sample["peak_asked"], sample["checksum"]), (40960, "c0ffee10"))
        self.assertIsNone(sample["longest_pause_ns"])

    def test_a_crash_is_a_failed_cell_that_names_the_signal(self):
        done = self.run_worker("crash")
        self.assertEqual((done.status, done.message), (results.FAILED, "ended by SIGSEGV"))

    def test_an_exit_status_comes_with_what_the_program_said(self):
        done = self.run_worker("exit 1")
        self.assertEqual((done.status, done.message),
                         (results.FAILED, "exit status 1: no such thing"))

    def test_memory_that_runs_out_is_a_status_of_its_own(self):
        done = self.run_worker("out of memory")
        self.assertEqual((done.status, done.message),
                         (results.OUT_OF_MEMORY, "refused 64 bytes"))

    def test_a_worker_that_hangs_is_stopped_with_all_that_it_started(self):
        with mock.patch.object(worker, "GRACE_SECONDS", 0.5):
            began = time.monotonic()
            done = self.run_worker("hang", seconds=2.5)
        self.assertEqual(done.status, results.TIME_LIMIT)
        self.assertLess(time.monotonic() - began, 30)
        orphan = int((self.build / "bin/orphan.pid").read_text())
        for _ in range(500):
            if not alive(orphan):
                break
            time.sleep(0.02)
        self.assertFalse(alive(orphan))

    def test_garbage_is_a_failed_cell_that_shows_it(self):
        done = self.run_worker("garbage")
        self.assertEqual(done.status, results.FAILED)
        self.assertIn("segmentation fault, or so", done.message)
        self.assertEqual(self.run_worker("no object").status, results.FAILED)

    def test_success_without_a_figure_is_a_failure(self):
        done = self.run_worker("silent")
        self.assertEqual((done.status, done.message),
                         (results.FAILED, "ended well without a figure"))

    def test_a_flood_of_output_ends_the_worker_and_fills_nothing(self):
        with mock.patch.object(worker, "OUTPUT_BYTES_MAX", 1 << 20):
            done = self.run_worker("floods")
        self.assertEqual(done.status, results.FAILED)
        self.assertLessEqual(len(done.message), worker.MESSAGE_MAX)

    def test_figures_of_the_wrong_kind_are_refused(self):
        for field, value in (("seconds", None), ("seconds", "fast"), ("objects", -1),
                             ("payload", True), ("seconds", 1e300), ("checksum", 7),
                             ("checksum", ""), ("peak_asked", [1]), ("pauses_ns", [1, "2"])):
            with self.subTest(field=field, value=value):
                done = self.run_worker(sample={field: value})
                self.assertEqual(done.status, results.FAILED)
                self.assertIn(field, done.message)
        self.assertEqual(self.run_worker(sample={"seconds": float("nan")}).status, results.FAILED)
        self.assertEqual(self.run_worker(sample={"seconds": float("inf")}).status, results.FAILED)

    def test_a_program_that_is_not_there_is_said_to_be_missing(self):
        done = worker.run(self.build, PROFILE, 1.0)
        self.assertTrue(done.missing)
        self.assertIn("compare-library is missing", done.message)

    def test_a_file_that_is_no_program_fails(self):
        fake_programs.install(self.build)
        (self.build / "bin/compare-library").write_text("\0\1\2")
        self.assertEqual(worker.run(self.build, PROFILE, 1.0).status, results.FAILED)
        (self.build / "bin/compare-library").chmod(0)
        done = worker.run(self.build, PROFILE, 1.0)
        self.assertEqual(done.status, results.FAILED)

    def test_peers_are_preloaded_and_nothing_of_the_caller_tunes_them(self):
        fake_programs.install(self.build)
        with mock.patch.dict(os.environ, {"LD_PRELOAD": "", "MORPH_MEM_V2": "0", "GC_MARKERS": "9",
                                          "MALLOC_ARENA_MAX": "1", "MIMALLOC_VERBOSE": "1"}):
            found = worker.environment(Cell("profile", 10, "mimalloc"))
            plain = worker.environment(PROFILE)
        self.assertEqual(found["LD_PRELOAD"], "libmimalloc.so.2")
        self.assertNotIn("LD_PRELOAD", plain)
        for name in ("MORPH_MEM_V2", "GC_MARKERS", "MALLOC_ARENA_MAX", "MIMALLOC_VERBOSE"):
            self.assertNotIn(name, plain)
        self.assertIn("PATH", plain)

    def test_the_command_says_all_that_the_cell_is(self):
        cell = Cell("profile", 500, "v1", 8 * MIB, 64 * MIB)
        words = worker.command(self.build, cell, 5.0, allocating=True)
        self.assertEqual(words[1:], ["--system", "v1", "--workload", "profile", "--lines", "500",
                                     "--samples", "1", "--time-limit", "5", "--threshold",
                                     str(8 * MIB), "--allocating"])
        fox = Cell("fox-real", 500, "glibc")
        self.assertTrue(worker.command(self.build, fox, 5.0)[0].endswith("/compare-malloc"))
        self.assertTrue(worker.command(self.build, fox, 5.0, allocating=True)[0]
                        .endswith("/compare-malloc-sampled"))

    def test_the_limit_of_address_space_is_that_of_the_cell(self):
        fake_programs.install(self.build)
        path = self.build / "bin/compare-library"
        path.write_text("#!/bin/sh\nulimit -v >&2\nexit 1\n")
        done = worker.run(self.build, Cell("profile", 1, "v1", limit_bytes=64 * MIB), 5.0)
        self.assertEqual(done.message, f"exit status 1: {64 * MIB // 1024}")

    def test_a_timeline_is_read_and_checked(self):
        done = self.run_worker(timeline=True)
        self.assertEqual(done.timeline, [{"objects": 1, "payload": 2, "asked": 3, "resident": 4}])
        for bad in ({}, [1], [{"objects": "many"}]):
            with self.assertRaises(worker.Garbage):
                worker.gather(json.dumps({"timeline": bad}).encode(), worker.Run("finished"))


if __name__ == "__main__":
    unittest.main()
