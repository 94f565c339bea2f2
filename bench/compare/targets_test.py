#!/usr/bin/env python3
"""targets.py against documents whose ratios are known, and the tables that show them."""

import unittest

import results
import sample_runs
import tables
import targets
import units

V2 = "profile/10000/v2-compiler"


def judged(document):
    targets.judge(document)
    return {row["id"]: row for row in document["targets"]}


class Targets(unittest.TestCase):
    def setUp(self):
        self.document = sample_runs.run()

    def test_all_of_the_issue_are_there_and_met_by_a_good_run(self):
        found = judged(self.document)
        self.assertEqual(sorted(found), sorted(
            [f"profile-{lines}-{what}" for lines in (1000, 10000)
             for what in ("asked", "resident", "allocating")] +
            [f"{workload}-10000-{peer}" for workload in ("fox-generated", "fox-real")
             for peer in ("v1", "glibc")] +
            [f"{workload}-savings-{what}" for workload in ("profile", "fox-generated")
             for what in ("asked", "resident")] + ["fox-growth", "profile-50000-limit"]))
        self.assertEqual({row["met"] for row in found.values()}, {True})

    def test_values_are_the_ratios(self):
        found = judged(self.document)
        for name, value in (("profile-1000-asked", 4096 / 13000),
                            ("profile-10000-allocating", 0.02 * 2e-6 / (0.5 * 1e-5)),
                            ("fox-real-10000-v1", 0.2), ("fox-generated-10000-glibc", 0.5),
                            ("profile-savings-asked", 1.0), ("fox-growth", 1.0),
                            ("profile-50000-limit", 4096 * 50000 / (256 << 20))):
            self.assertAlmostEqual(found[name]["value"], value, msg=name)

    def test_each_is_behind_when_its_figure_is_too_large(self):
        def grow(name, field, factor, part="cells"):
            for one in sample_runs.cell(self.document, name, part)["samples"]:
                one[field] *= factor
        grow("profile/1000/v2-compiler", "peak_asked", 1.2)
        grow("profile/10000/v2-compiler", "peak_resident", 1.2)
        grow("profile/10000/v2-compiler", "allocating_seconds", 20)
        grow("fox-real/10000/v2-compiler", "seconds", 2)
        grow("fox-generated/100000/v2-compiler", "seconds", 1.2)
        grow("profile/50000/v2-compiler", "peak_resident", 1.1)
        found = judged(self.document)
        behind = {name for name, row in found.items() if row["met"] is False}
        self.assertEqual(behind, {"profile-1000-asked", "profile-10000-resident",
                                  "profile-10000-allocating", "fox-real-10000-glibc",
                                  "fox-growth", "profile-savings-resident"})
        self.document["micro"][0]["met"] = False
        self.assertEqual(targets.behind(self.document), 7)

    def test_ratios_are_taken_within_rounds(self):
        ours, theirs = (sample_runs.cell(self.document, f"fox-real/10000/{system}")["samples"]
                        for system in ("v2-compiler", "v1"))
        for number in range(4):  # the machine stands still, for both
            ours[number]["seconds"] *= 50
            theirs[number]["seconds"] *= 50
        self.assertAlmostEqual(judged(self.document)["fox-real-10000-v1"]["value"], 0.2)

    def test_ours_that_does_not_finish_is_behind(self):
        sample_runs.fail(self.document, V2)
        found = judged(self.document)
        self.assertIs(found["profile-10000-asked"]["met"], False)
        self.assertIsNone(found["profile-10000-asked"]["value"])
        self.assertEqual(found["profile-10000-asked"]["message"], f"{V2}: out of memory")

    def test_a_limit_that_stops_v2_is_behind(self):
        sample_runs.fail(self.document, "profile/50000/v2-compiler/limit-256M", part="limits")
        self.assertIs(judged(self.document)["profile-50000-limit"]["met"], False)

    def test_without_what_it_is_compared_with_a_target_is_not_judged(self):
        sample_runs.fail(self.document, "profile/10000/v1", results.TIME_LIMIT)
        found = judged(self.document)
        self.assertIsNone(found["profile-10000-asked"]["met"])
        self.assertEqual(found["profile-10000-asked"]["message"], "profile/10000/v1: time limit")
        self.assertEqual(targets.behind(self.document), 0)

    def test_an_empty_run_judges_nothing(self):
        found = judged(results.document(True, ""))
        self.assertEqual({row["met"] for row in found.values()}, {None})

    def test_figures_that_are_unknown_are_not_judged(self):
        for one in sample_runs.cell(self.document, "profile/1000/v1")["samples"]:
            one["peak_asked"] = None
        self.assertIsNone(judged(self.document)["profile-1000-asked"]["met"])


class Tables(unittest.TestCase):
    def setUp(self):
        self.document = sample_runs.run()
        targets.judge(self.document)

    def test_figures_of_a_cell(self):
        rows = list(tables.cell_rows([sample_runs.cell(self.document, V2)]))
        self.assertEqual(rows, [("10,000", "V2 COMPILER", "20", "2 %", "39.1 MB", "39.1 MB", "0.96",
                                 "-", "-", "")])

    def test_a_cell_that_did_not_finish_says_how_it_ended(self):
        sample_runs.fail(self.document, V2)
        text = tables.text(self.document)
        self.assertIn("out of memory: planted", text)

    def test_limits_show_who_finishes(self):
        sample_runs.fail(self.document, "profile/50000/v1/threshold-8M/limit-256M",
                         part="limits")
        head, rows = tables.limit_table(self.document["limits"])
        self.assertEqual(head, ("lines", "system", "within 256.0 MB"))
        self.assertEqual(rows, [("50,000", "V1, threshold 8.0 MB", "out of memory"),
                                ("50,000", "V2 COMPILER", "100 ms")])

    def test_every_title_is_there_and_empty_parts_are_not(self):
        titles = [title for title, _, _ in tables.sections(self.document)]
        self.assertEqual(len(titles), 6)
        self.assertEqual(tables.text(results.document(True, "")), "")

    def test_markdown_keeps_bars_out_of_its_columns(self):
        self.document["micro"][0]["work"] = "a | b\nc"
        line = [line for line in tables.markdown(self.document).splitlines() if "a \\| b c" in line]
        self.assertEqual(len(line), 1)

    def test_units(self):
        self.assertEqual([units.size(value) for value in (None, 0, 1023, 1536, 3 << 20, 5 << 30)],
                         ["-", "0 B", "1023 B", "1.5 KB", "3.0 MB", "5.0 GB"])
        self.assertEqual([units.nanoseconds(value) for value in (None, 5, 2300, 1.5e6, 2e9)],
                         ["-", "5 ns", "2.3 us", "1.5 ms", "2 s"])
        self.assertEqual([units.number(value) for value in (None, 0, 12345, 0.00012, 1.23456)],
                         ["-", "0", "12345", "0.00012", "1.23"])
        self.assertEqual((units.milliseconds(0.0012), units.percent(0.256)), ("1.2", "26 %"))


if __name__ == "__main__":
    unittest.main()
