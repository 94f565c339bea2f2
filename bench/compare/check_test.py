#!/usr/bin/env python3
"""bench-check: names what was planted, names nothing when there is only noise, and says clearly
what it cannot read."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import check
import figures
import results
import sample_runs

NOISE = 0.03
LIMIT = check.LIMIT_PERCENT
V2 = "fox-generated/10000/v2-compiler"


def kinds(before, after, limit=LIMIT):
    """{(kind, name, what)} of all findings."""
    found, _ = check.check(before, after, limit)
    return {(one.kind, one.name, one.what) for one in found}


class Noise(unittest.TestCase):
    """What is seen through it, and what is not."""

    def test_noise_alone_is_not_named(self):
        named = []
        for seed in range(6):
            found = kinds(sample_runs.run(seed, NOISE), sample_runs.run(100 + seed, NOISE))
            named += [one for one in found if one[0] in check.WORSE]
        self.assertEqual(named, [])

    def test_few_and_noisy_samples_are_not_named_either(self):
        named = []
        for seed in range(6):
            found = kinds(sample_runs.run(seed, 0.1, rounds=3),
                          sample_runs.run(100 + seed, 0.1, rounds=3))
            named += [one for one in found if one[0] in check.WORSE]
        self.assertLessEqual(len(named), 1, named)

    def test_a_slowdown_of_20_percent_is_named_and_nothing_else(self):
        for seed in range(4):
            found = kinds(sample_runs.run(seed, NOISE),
                          sample_runs.run(100 + seed, NOISE, slower={V2: 1.2}))
            self.assertEqual({one for one in found if one[0] in check.WORSE},
                             {("slower", V2, "time"),
                              ("slower", V2, "time in allocation calls")})

    def test_a_gain_is_named_faster(self):
        found = kinds(sample_runs.run(1, NOISE), sample_runs.run(2, NOISE, slower={V2: 0.7}))
        self.assertIn(("faster", V2, "time"), found)
        self.assertFalse([one for one in found if one[0] in check.WORSE])

    def test_a_slower_machine_is_not_a_regression(self):
        found = kinds(sample_runs.run(1, NOISE), sample_runs.run(2, NOISE, machine=2.5))
        self.assertFalse([one for one in found if one[0] in check.WORSE])

    def test_a_faster_machine_does_not_hide_one(self):
        found = kinds(sample_runs.run(1, NOISE),
                      sample_runs.run(2, NOISE, machine=0.5, slower={V2: 1.2, "major pause": 1.4}))
        self.assertIn(("slower", V2, "time"), found)
        self.assertIn(("slower", "major pause", "ms"), found)

    def test_peers_that_changed_are_not_judged(self):
        found = kinds(sample_runs.run(1, NOISE),
                      sample_runs.run(2, NOISE, slower={"profile/1000/boehm": 1.5}))
        self.assertFalse([one for one in found if one[1] == "profile/1000/boehm"])

    def test_the_limit_is_the_callers(self):
        after = sample_runs.run(2, 0.005, slower={V2: 1.2})
        self.assertNotIn(("slower", V2, "time"), kinds(sample_runs.run(1, 0.005), after, 30))
        self.assertIn(("slower", V2, "time"), kinds(sample_runs.run(1, 0.005), after, 10))

    def test_a_burst_of_noise_over_most_rounds_is_not_named(self):
        after = sample_runs.run(2, NOISE)
        for one in sample_runs.cell(after, V2)["samples"][:6]:
            one["seconds"] *= 2
        self.assertNotIn(("slower", V2, "time"), kinds(sample_runs.run(1, NOISE), after))

    def test_without_peers_the_speed_of_the_run_stands_in(self):
        runs = [sample_runs.run(1, NOISE), sample_runs.run(2, NOISE, slower={V2: 1.3})]
        for document in runs:
            document["cells"] = [row for row in document["cells"] if row["workload"] !=
                                 "fox-generated" or row["system"] not in check.comparison.PEERS]
        self.assertIn(("slower", V2, "time"), kinds(*runs))
        for row in runs[0]["cells"]:  # it was another machine
            for one in row["samples"]:
                one["seconds"] /= 3
        found = kinds(*runs)
        self.assertEqual({one for one in found if one[0] == "slower" and one[2] == "time"},
                         {("slower", V2, "time")})


class Rows(unittest.TestCase):
    def setUp(self):
        self.before = sample_runs.run(1)
        self.after = sample_runs.run(1)

    def found(self):
        return kinds(self.before, self.after)

    def test_a_run_compared_with_itself_has_nothing_to_say(self):
        self.assertEqual(self.found(), set())

    def test_memory_beyond_its_tolerance_is_named(self):
        for one in sample_runs.cell(self.after, V2)["samples"]:
            one["peak_asked"] = int(one["peak_asked"] * 1.04)
            one["peak_resident"] = int(one["peak_resident"] * 1.04)
        self.assertEqual(self.found(), {("bigger", V2, "memory asked")})

    def test_memory_that_follows_the_nursery_has_more_tolerance(self):
        for factor, named in ((2.0, set()), (3.0, {("bigger", "profile/1000/v2-runtime",
                                                    "memory asked")})):
            for one in sample_runs.cell(self.after, "profile/1000/v2-runtime")["samples"]:
                one["peak_asked"] = int(5000 * 1000 * factor)
            self.assertEqual(self.found(), named)

    def test_a_busy_machine_is_said(self):
        self.after["machine"]["load"] = [99.0, 0.0, 0.0]
        _, notes = check.check(self.before, self.after, LIMIT)
        self.assertIn("the machine was busy", "\n".join(notes.lines))

    def test_memory_saved_is_named(self):
        for one in sample_runs.cell(self.after, V2)["samples"]:
            one["peak_resident"] //= 2
        self.assertEqual(self.found(), {("smaller", V2, "resident")})

    def test_a_cell_that_fails_now_is_named_with_its_status(self):
        sample_runs.fail(self.after, V2)
        self.assertEqual(self.found(), {("newly failing", V2, "cells")})

    def test_a_limit_that_stops_it_now_is_named(self):
        name = "profile/50000/v2-compiler/limit-256M"
        sample_runs.fail(self.after, name, part="limits")
        self.assertEqual(self.found(), {("newly failing", name, "limits")})

    def test_a_cell_that_finishes_now_is_named(self):
        sample_runs.fail(self.before, V2)
        self.assertEqual(self.found(), {("finishes now", V2, "cells")})

    def test_rows_that_are_gone_are_named(self):
        self.after["cells"] = [row for row in self.after["cells"] if row["id"] != V2]
        del self.after["micro"][0]
        self.assertEqual(self.found(), {("missing", V2, "cells"),
                                        ("missing", "pool: allocate / mimalloc", "micro row")})

    def test_rows_that_a_quick_run_does_not_have_are_not_missing(self):
        self.after["quick"] = True
        self.after["cells"] = [row for row in self.after["cells"] if row["id"] != V2]
        del self.after["micro"][0]
        self.assertEqual(self.found(), set())

    def test_a_micro_row_that_is_slower_is_named(self):
        self.after["micro"][0]["samples"] = [0.7] * 21
        self.assertEqual(self.found(), {("slower", "pool: allocate / mimalloc",
                                         "ratio to the peer")})

    def test_figures_around_zero_are_judged_against_their_target(self):
        self.after = sample_runs.run(2, slower={"barrier offset": 0.3})
        self.assertEqual(self.found(), {("slower", "barrier", "ns more")})

    def test_too_few_samples_are_counted_and_not_judged(self):
        row = sample_runs.cell(self.after, V2)
        row["samples"] = row["samples"][:2]
        for one in row["samples"]:
            one["seconds"] *= 3
        self.after["micro"][0]["samples"] = [9.0, 9.0]
        found, notes = check.check(self.before, self.after, LIMIT)
        self.assertEqual(found, [])
        self.assertEqual(notes.few, 3)

    def test_targets_that_changed_sides_are_said_but_do_not_decide(self):
        for document, met in ((self.before, True), (self.after, False)):
            document["targets"] = [{"id": "fox-growth", "value": 1.2, "target": 1.1, "met": met}]
        self.assertEqual(self.found(), {("behind target now", "fox-growth", "target")})


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="morph-check-")
        self.path = pathlib.Path(self.folder.name)
        self.good = self.path / "good.json"
        results.write(sample_runs.run(1), self.good)

    def tearDown(self):
        self.folder.cleanup()

    def check(self, *words):
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                status = check.main([str(word) for word in words])
            except SystemExit as error:
                status = error.code
        return status, output.getvalue(), errors.getvalue()

    def test_exit_status_0_when_nothing_is_worse(self):
        status, output, _ = self.check(self.good, self.good)
        self.assertEqual(status, 0)
        self.assertRegex(output.splitlines()[-1],
                         r"^bench-check: \d+ figures compared, limit 5 %, 0 worse$")

    def test_exit_status_1_and_the_change_when_something_is(self):
        bad = self.path / "bad.json"
        results.write(sample_runs.run(1, slower={V2: 1.5}), bad)
        status, output, _ = self.check(self.good, bad)
        self.assertEqual(status, 1)
        self.assertRegex(output, rf"slower +{V2} +time  \+50.0 %  \(\+50.0 to \+50.0 %\)")
        self.assertTrue(output.splitlines()[-1].endswith("2 worse"))

    def test_unreadable_files_are_exit_status_2_and_named(self):
        text = self.good.read_text()
        document = json.loads(text)
        broken = {
            "truncated": text[:len(text) // 2], "empty": "", "not JSON": "hello",
            "foreign": '{"results": []}', "a list": "[]", "other version":
            json.dumps({**document, "version": 2}), "cells no list":
            json.dumps({**document, "cells": 3}), "a cell no object":
            json.dumps({**document, "cells": [3]}), "no status":
            json.dumps({**document, "cells": [{"id": "a"}]}), "strange figures":
            text.replace('"objects": 1', '"objects": "many", "n": 1', 1),
            "infinite": text.replace('"payload": 4', '"payload": Infinity, "p": 4', 1),
            "deep": "[" * 100000, "binary": "\udcff"}
        for name, content in broken.items():
            with self.subTest(name):
                path = self.path / "broken.json"
                path.write_bytes(content.encode(errors="surrogateescape"))
                for words in ((path, self.good), (self.good, path)):
                    status, output, errors = self.check(*words)
                    self.assertEqual((status, output), (2, ""))
                    self.assertIn("broken.json", errors)
        self.assertEqual(self.check(self.good, self.path / "none.json")[0], 2)
        self.assertEqual(self.check(self.good, self.path)[0], 2)

    def test_nothing_to_compare_with_is_exit_status_2(self):
        empty = self.path / "empty.json"
        results.write(results.document(True, ""), empty)
        self.assertEqual(self.check(empty, self.good)[0], 2)

    def test_usage_is_exit_status_2(self):
        for words in ((), ("--limit", "0", self.good), ("--limit", "x", self.good),
                      (self.good, self.good, self.good)):
            self.assertEqual(self.check(*words)[0], 2)


if __name__ == "__main__":
    figures.RESAMPLES = 500  # intervals a little rougher, tests four times faster
    unittest.main()
