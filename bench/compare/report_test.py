#!/usr/bin/env python3
"""The report without a browser: every cell is on the page, strings stay text, odd input."""

import contextlib
import html.parser
import io
import itertools
import json
import math
import pathlib
import random
import re
import sys
import tempfile
import unittest

import report
import report_samples
import svg_lines
import svg_pauses
import svg_scale
from report_data import ResultsError, load, results_from

VOID = {"meta", "br", "img", "link", "input"}
# All that the report is made of; what is not here has no business in it.
ELEMENTS = set("""html head meta title style body header main nav section h1 h2 h3 p a b span div ul
    li dl dt dd table thead tbody tr th td figure figcaption svg desc g path line rect circle text
    tspan""".split())


class Page(html.parser.HTMLParser):
    """Elements and attributes of a page; every element must be closed where it was opened."""

    def __init__(self, markup):
        super().__init__()
        self.open, self.elements, self.attributes, self.styles = [], [], [], []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"{tag} is closed where it is not open"

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.styles.append(data)


def results(name="full"):
    return results_from(getattr(report_samples, name)())


def page(name="full"):
    return report.page(results(name))


class Pages(unittest.TestCase):
    """The whole page."""

    def test_page_is_made_of_known_elements_closed_in_order_and_refers_to_nothing(self):
        for name in ("full", "hostile", "one_system", "empty"):
            found = Page(page(name))
            self.assertEqual(found.open, [], name)
            self.assertLessEqual({tag for tag, _ in found.elements}, ELEMENTS, name)
            for key, value in found.attributes:
                self.assertNotIn(key, ("src", "srcset", "style", "action"))
                self.assertFalse(key.startswith("on"), key)
                if "href" in key:
                    self.assertTrue(value.startswith("#"), value)
            style = "".join(found.styles)
            self.assertNotRegex(style, r"(?i)url\(|@import|expression|http")

    def test_strings_of_the_input_stay_text(self):
        markup = page("hostile")
        self.assertNotIn("<script", markup)
        self.assertNotIn("<img", markup)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", markup)
        self.assertNotRegex(markup, "[\x00-\x08\ud800-\udfff]")
        markup.encode("utf-8")

    def test_the_same_input_gives_the_same_bytes(self):
        self.assertEqual(page(), page())
        shuffled = report_samples.full()
        random.Random(1).shuffle(shuffled["cells"])
        self.assertEqual(report.page(results_from(shuffled)), page())

    def test_every_cell_is_a_row_and_every_link_has_its_end(self):
        found = Page(page())
        rows = [attributes["data-row"] for tag, attributes in found.elements
                if "data-row" in attributes]
        for cell in report_samples.full()["cells"]:
            self.assertEqual(rows.count(cell["id"]), 1 + (  # once more in the table of limits
                sum(limit["id"] == cell["id"] for limit in report_samples.full()["limits"])))
        ids = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
        for tag, attributes in found.elements:
            if tag == "a":
                self.assertIn(attributes["href"][1:], ids)
            for name in attributes.get("aria-labelledby", "").split():
                self.assertIn(name, ids)

    def test_what_did_not_finish_is_named_in_plots_and_tables(self):
        markup = page()
        for words in ("Boehm at 50,000 lines: out of memory.",
                      "reference at 50,000 lines: time limit.",
                      "V1 at 100,000 lines: failed.", "failed: ended by SIGSEGV",
                      "mimalloc at 100 lines: 0, not on a logarithmic scale.",
                      "pmr at any size: not measured.", "3 of 126 cells did not finish"):
            self.assertIn(words, markup)
        self.assertEqual(markup.count('data-mark="failed"'), 3 * len(svg_lines.MEASURES))
        self.assertIn("✗ out of memory", markup)

    def test_verdict_counts_rows_and_goals(self):
        full = report_samples.full()
        rows = len(full["cells"]) + len(full["limits"]) + len(full["micro"])
        behind = sum(row["met"] is False for row in full["targets"] + full["micro"])
        self.assertIn(f"✗ {rows} rows, {behind} behind target", page())
        self.assertIn("1 not judged", page())

    def test_a_goal_without_figure_says_why(self):
        self.assertRegex(page(), "not judged</td>.*malloc<span[^>]*>not measured in this run<")

    def test_glance_divides_medians_by_those_of_v2_compiler(self):
        full = report_samples.full()
        medians = {}
        for cell in full["cells"]:
            if cell["workload"] == "profile" and cell["lines"] == 10000:
                medians[cell["system"]] = sorted(one["seconds"] for one in cell["samples"])[2]
            if cell["id"] == "fox-real/10000/boehm":
                cell.update(status="out of memory", samples=[])
        table = re.search(r'<table aria-labelledby="table-glance.*?</table>',
                          report.page(results_from(full))).group(0)
        for label, system in (("V1", "v1"), ("pmr", "pmr"), ("Boehm", "boehm")):
            row = re.search(rf'<th scope="row">{label}</th>(.*?)</tr>', table).group(1)
            cells = re.findall(r"<td[^>]*>([^<]*)</td>", row)
            self.assertEqual(cells[0], f"{medians[system] / medians['v2-compiler']:,.2f}×")
            self.assertEqual(len(cells), 6)
        self.assertEqual(cells[4:], ["out of memory"] * 2)
        self.assertNotIn("V2 compiler</th>", table)

    def test_a_run_without_cells_says_so(self):
        markup = page("empty")
        self.assertIn("0 rows, no goal judged", markup)
        self.assertIn("No cells were measured", markup)
        self.assertNotIn("<svg", markup)

    def test_unknown_figures_are_dashes_and_no_zeros(self):
        bare = report_samples.one_system()
        for sample in bare["cells"][0]["samples"]:
            for key in list(sample):
                sample[key] = None
        markup = report.page(results_from(bare))
        self.assertIn("V2 compiler at 1,000 lines: not measured.", markup)
        row = re.search(r'<tr data-row="profile/1000/v2-compiler">.*?</tr>', markup).group(0)
        self.assertEqual(re.findall(r'<td class="n">([^<]*)</td>', row), ["–"] * 14 + ["5"])

    def test_a_cell_whose_turn_never_came_did_not_finish(self):
        bare = report_samples.one_system()
        bare["cells"][0]["samples"] = []
        markup = report.page(results_from(bare))
        self.assertIn("V2 compiler at 1,000 lines: not run.", markup)
        self.assertNotIn('data-mark="failed"', markup)  # nor did it fail

    def test_odd_figures_do_not_stop_the_page(self):
        odd = report_samples.full()
        values = itertools.cycle([0, -1, 1e300, 5e-324, math.nan, "x", [], True, 2 ** 64, None])
        for cell in odd["cells"]:
            for sample in cell["samples"]:
                for key in sample:
                    sample[key] = [next(values)] if key == "pauses_ns" else next(values)
            for point in cell.get("timeline", []):
                for key in point:
                    point[key] = next(values)
        for row in odd["micro"] + odd["targets"]:
            for key in ("ours", "theirs", "ratio", "low", "high", "value", "target", "met"):
                row[key] = next(values)
        markup = report.page(results_from(odd))
        Page(markup)
        self.assertNotRegex(markup, r'="[^"]*\b(nan|inf|NaN|None)\b')

    def test_pauses_are_counted_once_each(self):
        full = results()
        cells = [cell for cell in full.cells if cell.workload == "profile"]
        for cell, pauses in svg_pauses.chosen(cells):
            bars = svg_pauses.panel(cell, pauses, report.marks.looks([cell.system])[cell.system],
                                    svg_scale.LogScale(1e-9, 100, 0, 100), 0)
            told = [int(re.search(r": ([\d,]+) from", bar).group(1).replace(",", ""))
                    for bar in bars]
            self.assertEqual(sum(told), sum(len(sample["pauses_ns"]) for sample in cell.samples))


class Program(unittest.TestCase):
    """report.py as it is called."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="morph-report-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_on(self, content, *arguments):
        path = self.folder / "results.json"
        if content is not None:
            path.write_bytes(content)
        errors, old = io.StringIO(), sys.argv
        sys.argv = ["report.py", str(path), *arguments]
        try:
            with contextlib.redirect_stderr(errors):
                return report.main(), errors.getvalue()
        finally:
            sys.argv = old

    def test_page_is_written_beside_the_results_or_where_it_is_told(self):
        content = json.dumps(report_samples.full()).encode()
        self.assertEqual(self.run_on(content), (0, ""))
        output = self.folder / "new" / "page.html"
        self.assertEqual(self.run_on(content, "-o", str(output)), (0, ""))
        self.assertEqual(output.read_bytes(), (self.folder / "report.html").read_bytes())
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["new", "report.html", "results.json"])

    def test_what_is_no_result_is_refused_with_the_reason(self):
        cell = {"workload": "profile", "lines": 1, "system": "v1", "status": "finished"}
        for content, reason in (
                (None, "No such file"), (b"", "no JSON"), (b'{"version": 1', "no JSON"),
                (b"\xff\xfe", "no JSON"), (b"[" * 100000, "no JSON"), (b"[]", "no JSON object"),
                (b"{}", "version is None"), (b'{"version": 2}', "version is 2"),
                (b'{"version": 1, "cells": {}}', "cells is no list"),
                (b'{"version": 1, "cells": [1]}', "cells[0] is no object"),
                (b'{"version": 1, "targets": ["x"]}', "targets[0] is no object"),
                *((json.dumps({"version": 1, "limits": [{**cell, key: value}]}).encode(),
                   f"limits[0]: {key} must be") for key, value in (
                       ("lines", 0), ("lines", None), ("lines", 1.5), ("lines", "7"),
                       ("system", 3), ("status", None), ("workload", [])))):
            status, said = self.run_on(content)
            self.assertEqual(status, 2, content)
            self.assertIn(reason, said)
            self.assertIn("results.json", said)
            self.assertFalse((self.folder / "report.html").exists())

    def test_a_page_that_cannot_be_written_is_an_error(self):
        content = json.dumps(report_samples.empty()).encode()
        (self.folder / "file").touch()
        status, said = self.run_on(content, "-o", str(self.folder / "file" / "report.html"))
        self.assertEqual(status, 2)
        self.assertIn("report.py: ", said)

    def test_results_errors_name_the_file(self):
        with self.assertRaisesRegex(ResultsError, "nowhere.json"):
            load(self.folder / "nowhere.json")


if __name__ == "__main__":
    unittest.main()
