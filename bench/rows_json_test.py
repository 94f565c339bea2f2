#!/usr/bin/env python3
"""build/bin/bench --json: the rows that it prints are those that it writes, with every sample."""

import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import unittest

BENCH = pathlib.Path(os.environ.get("MORPH_BUILD", "build")) / "bin/bench"
# A duel with a target, two without, and a figure.
FILTER = "--benchmark_filter=arena: allocate, profile sizes|arena: reset"


def bench(*words):
    done = subprocess.run([BENCH, *words], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


class Json(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="morph-bench-")
        cls.path = pathlib.Path(cls.folder.name) / "rows.json"
        cls.status, cls.output, _ = bench("--quick", f"--json={cls.path}", FILTER)
        cls.rows = json.loads(cls.path.read_text())["micro"]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_row_of_the_table_is_written(self):
        self.assertEqual(self.status, 0)
        behind = sum(row["met"] is False for row in self.rows)
        self.assertEqual(self.output.splitlines()[-1],
                         f"bench: {len(self.rows)} rows, {behind} behind target")
        self.assertEqual(len(self.rows), 5)
        for row, line in zip(self.rows, self.output.splitlines()[1:]):
            self.assertIn(row["work"], line)
            self.assertIn(row["peer"], line)
            verdict = {True: "met", False: "BEHIND", None: ""}[row["met"]]
            self.assertEqual(re.search(r"(met|BEHIND)?$", line).group(0), verdict)

    def test_a_duel_has_its_ratio_and_the_quartiles_of_its_samples(self):
        for row in self.rows[:-1]:
            self.assertEqual((row["unit"], len(row["samples"])), ("ns", 31))
            self.assertEqual(row["ratio"], statistics.median(row["samples"]))
            self.assertTrue(row["low"] <= row["ratio"] <= row["high"])
            self.assertGreater(row["ours"], 0)
            self.assertGreater(row["theirs"], 0)

    def test_a_figure_has_values_of_its_unit_and_no_ratio(self):
        row = self.rows[-1]
        self.assertEqual((row["peer"], row["unit"], row["theirs"], row["ratio"]),
                         ("", "ms", None, None))
        self.assertEqual(len(row["samples"]), 5)  # a quarter of 21
        self.assertEqual(row["ours"], statistics.median(row["samples"]))

    def test_met_is_the_ratio_against_the_target(self):
        judged = [row for row in self.rows if row["target"] is not None]
        self.assertGreaterEqual(len(judged), 3)
        for row in judged:
            value = row["ours"] if row["ratio"] is None else row["ratio"]
            self.assertIs(row["met"], value <= row["target"])
        self.assertEqual({row["met"] for row in self.rows if row["target"] is None}, {None})

    def test_a_file_that_cannot_be_written_is_exit_status_1(self):
        status, output, errors = bench("--quick", f"--json={self.folder.name}/none/rows.json",
                                       "--benchmark_filter=arena: reset")
        self.assertEqual(status, 1)
        self.assertIn("cannot write", errors)
        self.assertIn("bench: 1 rows", output)

    def test_usage_is_exit_status_2(self):
        for words in (["--json="], ["--quick=1"], ["--rounds=0"], ["--nonsense"]):
            self.assertEqual(bench(*words)[0], 2, words)


if __name__ == "__main__":
    unittest.main()
