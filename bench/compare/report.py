#!/usr/bin/env python3
"""Draws results.json of `make bench` as one page that needs nothing else: no network, no script.

    bench/compare/report.py build/bench/results.json [-o build/bench/report.html]

    verdict, goals     met or behind, with the measured range
    at a glance        every system over V2 COMPILER at one size
    plots              time, time per line, memory against lines: one line per memory system
    pauses             histograms of collected systems
    over time          memory of one input, asked and alive
    limits             who finishes within how much address space
    micro rows         ratios of build/bin/bench, with quartiles and goals
    tables             every cell, every figure

The same input gives the same bytes. Exit status: 0, or 2 when the input is no results.json or the
page cannot be written.
"""

import argparse
import os
import pathlib
import sys

import report_tables as tables
import svg_marks as marks
from report_data import SYSTEMS, WORKLOADS, ResultsError, in_order, load, number, title_of
from svg_dots import Dot, dot_plot, positive
from svg_lines import MEASURES, line_plot
from svg_pauses import histogram
from svg_text import brief, duration, element, size_of, text, whole
from svg_timeline import timeline, with_timeline

STYLE = pathlib.Path(__file__).with_name("report.css")
# Nothing but the style in the page itself: a browser refuses whatever else would be asked for.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def slug(*parts):
    """A name for ids: letters, digits and dashes."""
    return "-".join("".join(letter if letter.isascii() and letter.isalnum() else "-"
                            for letter in str(part)) for part in parts)


def section(name, title, intro, body):
    """A part of the page with a sentence on how to read it; None without a body."""
    if not body:
        return None
    return name, title, element("section", {"id": name}, element("h2", {}, text(title)),
                                paragraph(intro) if intro else "", body)


def paragraph(words, kind=None):
    return element("p", {"class": kind}, text(words))


def facts(results):
    """Date, machine, compiler, commit: without them no figure means much."""
    machine = results.machine
    cores, memory = number(machine.get("cores")), number(machine.get("memory_bytes"))
    load_before = machine.get("load")
    load_told = ", ".join(f"{value:.2f}" for entry in load_before
                          if (value := number(entry)) is not None) if isinstance(
                              load_before, list) else ""
    told = [
        ("date", results.date), ("commit", results.commit), ("compiler", results.compiler),
        ("processor", machine.get("processor")),
        ("cores", whole(cores) if cores is not None else None),
        ("memory", size_of(memory) if memory is not None else None),
        ("system", machine.get("system")), ("load (1, 5, 15 minutes)", load_told),
        ("run", ("quick" if results.quick else "full") +
         (f", {duration(results.seconds)}" if results.seconds is not None else ""))]
    return element("dl", {"class": "facts"}, *[
        element("div", {}, element("dt", {}, text(name)), element("dd", {}, text(value or "–")))
        for name, value in told])


def tally(name, rows):
    """How many of these goals are met, behind, not judged."""
    behind, met = (sum(row.met is value for row in rows) for value in (False, True))
    unjudged = sum(row.met is None and row.target is not None for row in rows)
    told = [f"{whole(count)} {what}" for count, what in (
        (met, "met"), (behind, "behind"), (unjudged, "not judged")) if count]
    return f"{name}: {', '.join(told)}." if told else ""


def verdict(results):
    """The last line of make bench, in words, and what it is made of."""
    judged = [row for row in results.targets + results.micro if row.judged]
    behind = sum(row.met is False for row in judged)
    rows = len(results.cells) + len(results.limits) + len(results.micro)
    broken = sum(not cell.finished for cell in results.cells)
    kind = "behind" if behind else "met" if judged else "open"
    sign = {"behind": "✗", "met": "✓", "open": "–"}[kind]
    words = f"{whole(behind)} behind target" if judged else "no goal judged"
    plural = "" if rows == 1 else "s"
    told = [paragraph(f"{sign} {whole(rows)} row{plural}, {words}", f"verdict-line {kind}")]
    parts = [tally("Goals of the comparison", results.targets),
             tally("Micro rows with a goal", results.micro)]
    if broken:
        parts.append(f"{whole(broken)} of {whole(len(results.cells))} cells did not finish; plots "
                     "and tables name them.")
    told.append(paragraph(" ".join(part for part in parts if part)))
    if results.problems:
        told.append(element("ul", {"class": "problems"}, *[
            element("li", {}, text(problem)) for problem in results.problems]))
    return "".join(told)


def key(results, looks):
    """What the lines of the plots mean."""
    drawn = results.systems()
    return element("ul", {"class": "keys"}, *[
        element("li", {}, marks.sample(looks[system]), element(
            "span", {}, element("b", {}, text(looks[system].label)), text(
                f": {SYSTEMS[system].about}" if system in SYSTEMS else "")))
        for system in drawn]) if drawn else ""


def curves(results, looks):
    """The plots against lines: a row of workloads for each measure."""
    workloads = results.workloads()
    found = []
    for measure in MEASURES:
        plots = [line_plot(slug(measure.key, workload), measure, workload,
                           [cell for cell in results.cells if cell.workload == workload], looks)
                 for workload in workloads]
        found.append(element("h3", {}, text(measure.title)))
        found.append(element("div", {"class": "plots"}, *plots))
    return element("div", {"class": "measures"}, *found) if workloads else ""


def pauses(results, looks):
    plots = [histogram(slug("pauses", workload), workload,
                       [cell for cell in results.cells if cell.workload == workload], looks)
             for workload in results.workloads()]
    return element("div", {"class": "plots"}, *plots) if any(plots) else ""


def timelines(results, looks):
    groups = with_timeline(results.cells)
    plots = [timeline(slug("timeline", taken, workload, lines), workload, lines,
                      groups[workload, lines], looks, taken)
             for workload, lines in sorted(groups) for taken in ("asked", "resident")]
    return element("div", {"class": "plots"}, *plots) if any(plots) else ""


def named(row):
    return f"{row.name} / {row.peer}" if row.peer else row.name


def ratio_dots(results):
    """Rows that have a peer, on one axis of ratios."""
    dots = [Dot(named(row), row.value, row.low, row.high, row.target, row.met,
                f"{brief(row.value)}×") for row in results.micro if positive(row.value)]
    return dot_plot("ratios", "Ratios to a peer", dots) if dots else ""


def goal_dots(results):
    """Rows with a figure and a goal but no ratio: how much of the goal the figure takes."""
    dots = []
    for row in results.micro:
        if positive(row.value) or not positive(row.ours) or not positive(row.target):
            continue
        low, high = (edge / row.target if positive(edge) else None for edge in (row.low, row.high))
        dots.append(Dot(f"{row.name}: {brief(row.ours)} {row.unit}, goal "
                        f"{brief(row.target)} {row.unit}", row.ours / row.target, low, high,
                        1, row.met, f"{brief(row.ours / row.target)}×"))
    return dot_plot("shares", "Figures over their goals", dots) if dots else ""


def micro(results):
    ratios, shares = ratio_dots(results), goal_dots(results)
    parts = []
    if ratios:
        parts += [element("h3", {}, "Ours over a peer's"), paragraph(
            "Left of the line at 1, ours is less: faster or smaller. The bar spans the middle half "
            "of the rounds, the pointed mark is the goal."), ratios]
    if shares:
        parts += [element("h3", {}, "Over the goal"), paragraph(
            "Figures without a peer, divided by their goal: at 1 or left of it, the goal is met."),
                  shares]
    return "".join(parts)


def goals(results):
    return verdict(results) + (tables.goals(results.targets) if results.targets else
                               paragraph("No goals were judged in this run."))


def limits(results):
    return tables.limit_matrix(results.limits) if results.limits else ""


def all_tables(results):
    found = []
    for group, cells, caption in (("table", results.cells, "every cell"),
                                  ("limit", results.limits, "every run under a limit")):
        for workload in in_order({cell.workload for cell in cells}, WORKLOADS):
            found.append(tables.cell_table(
                slug(group, workload), f"{title_of(workload)}: {caption}",
                [cell for cell in cells if cell.workload == workload]))
    if results.micro:
        found.append(tables.micro_table(results.micro))
    return "".join(found)


def sections(results):
    """What the page shows, in its order; parts without figures are left out."""
    looks = marks.looks(results.systems())
    parts = [
        section("goals", "Goals", None, goals(results)),
        section("glance", "At a glance", "Medians over the median of V2 compiler: above 1, a "
                "system needs more; bold: less.", tables.glance(results)),
        section("systems", "Memory systems", None, key(results, looks)),
        section("curves", "Against lines of source", "Medians of all samples; the bar at a marker "
                "spans the middle half of them. Struck out above a plot: what did not finish.",
                curves(results, looks) or paragraph("No cells were measured in this run.")),
        section("pauses", "Pauses", None, pauses(results, looks)),
        section("timeline", "Memory over time", None, timelines(results, looks)),
        section("limits", "Under a limit", "Runs under RLIMIT_AS. The threshold is the number of "
                "live bytes above which V1 collects first.", limits(results)),
        section("micro", "Micro rows", None, micro(results)),
        section("tables", "All figures", "Medians of all runs; bold: the least of its size; –: not "
                "measured. Time: create, work, free all; allocating: in allocation calls, and "
                "their share of the time. B / object over: (asked - payload) / objects.",
                all_tables(results))]
    return [part for part in parts if part]


def page(results):
    """The whole page."""
    parts = sections(results)
    contents = element("nav", {"aria-label": "Contents"}, *[
        element("a", {"href": f"#{name}"}, text(title)) for name, title, _ in parts])
    head = element(
        "head", {}, '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        element("title", {}, text(f"Morph Memory: comparison, {results.date or 'no date'}")),
        f"<style>\n{STYLE.read_text(encoding='utf-8')}</style>")
    body = element(
        "body", {}, element("header", {}, element("h1", {}, "Morph Memory: comparison"),
                            facts(results), contents),
        element("main", {}, *[markup for _, _, markup in parts]))
    return f"<!doctype html>\n{element('html', {'lang': 'en'}, head, body)}\n"


def write(path, markup):
    """Replaces the file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    following = path.with_name(path.name + ".next")
    following.write_text(markup, encoding="utf-8")
    os.replace(following, path)


def main():
    parser = argparse.ArgumentParser(description="Draws results.json as one self-contained page.")
    parser.add_argument("results", type=pathlib.Path, help="results.json of make bench")
    parser.add_argument("-o", "--output", type=pathlib.Path,
                        help="the page; beside the results when not given")
    options = parser.parse_args()
    output = options.output or options.results.with_name("report.html")
    try:
        markup = page(load(options.results))
        write(output, markup)
    except ResultsError as error:
        print(f"report.py: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"report.py: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
