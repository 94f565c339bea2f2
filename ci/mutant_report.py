"""What a run of mutants says: a line for each, the summary, and a page with the matrix.

A checker *catches* a mutant when it was the first to fire in some run. It *alone* does when it was
the first in all of them and no other checker found the mutant while it was switched off
(`morphcheck run --without`). A crash or a run that did not end is no checker: beside it a checker
can still be alone.
"""

import html
import statistics

QUICK_SECONDS = 10  # what is found sooner was found at once
GATE = ("morphcheck", "replay", "endure", "tests")
NO_CHECKERS = ("crash", "timeout")
STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1500px; margin: 24px auto;
  padding: 0 16px }
table { border-collapse: collapse; font-size: 13px; margin: 8px 0 28px }
th, td { padding: 2px 8px; border-bottom: 1px solid #8884; text-align: left; vertical-align: top }
td.number { text-align: right; font-variant-numeric: tabular-nums }
th.turned { writing-mode: vertical-rl; padding: 6px 0 }
td.cell { text-align: center; padding: 2px 4px }
td.alone { background: #2a62 } td.bad, .bad { color: #c22 }
pre { white-space: pre-wrap }
"""


def witnesses(result):
    """Everything that found the mutant, the most frequent first."""
    counts = dict(result.first)
    for one in result.detections:
        name = "tests" if one.by == "tests" else one.witness
        if one.by != "morphcheck" or name not in counts:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))


def catching(result):
    """Checkers that were the first to fire, or that find it when another one is off."""
    return {name for name in [*result.first, *result.others] if name not in NO_CHECKERS}


def alone(result):
    """The only checker that catches the mutant, or ''."""
    names = catching(result)
    return names.pop() if len(names) == 1 else ""


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def seconds_of(result):
    return median([one.seconds for one in result.detections])


def operations_of(result):
    return median([one.operations for one in result.detections])


def state(result):
    if result.error:
        return "ERROR"
    return "detected" if result.detected else "SURVIVED"


def at_once(result):
    """Found for every seed by what make test has, in a few seconds."""
    return (result.detected and len(result.detections) >= result.seeds and
            all(one.by in GATE for one in result.detections) and
            max(one.seconds for one in result.detections) < QUICK_SECONDS)


def line(result):
    if result.error:
        return f"{'ERROR':<9} {result.id}: {result.error}"
    probe = "triggered" if result.triggered else "reached" if result.reached else "not reached"
    parts = [f"{state(result):<9} {result.id:<44} {probe:<11}"]
    if result.detected:
        found = sorted({one.witness for one in result.detections})
        parts.append(f"{len(result.detections)}/{result.seeds} by {', '.join(found)}")
        if operations_of(result) is not None:
            parts.append(f"after {operations_of(result):.0f} operations,")
        parts.append(f"{seconds_of(result):.1f} s")
        if result.shrunk is not None:
            parts.append(f"(shrunk to {result.shrunk})")
        if not set(witnesses(result)) & set(result.expected):
            parts.append(f"[expected: {' '.join(result.expected)}]")
    return " ".join(parts)


def counted(results):
    """(planted, reached, triggered, detected, survived)"""
    return (len(results), sum(result.reached for result in results),
            sum(result.triggered for result in results),
            sum(result.detected for result in results),
            sum(not result.detected for result in results))


def summary(results, checkers):
    """The lines at the end."""
    lines = []
    for name in checkers:
        caught = sum(name in catching(result) for result in results)
        only = [result.id for result in results if alone(result) == name]
        lines.append(f"checker {name:<12} catches {caught:>3}, {len(only):>3} of them alone"
                     + (f": {' '.join(only[:3])}{' ...' if len(only) > 3 else ''}" if only else ""))
    fast = sum(at_once(result) for result in results)
    shrunk = median([result.shrunk for result in results])
    bad = [result.id for result in results if result.error]
    if bad:
        lines.append(f"errors: {' '.join(bad)}")
    missed = [result.id for result in results if not result.detected and not result.error]
    if missed:
        lines.append(f"survived: {' '.join(missed)}")
    never = [result.id for result in results if not result.triggered and not result.error]
    if never:
        lines.append(f"never triggered: {' '.join(never)}")
    if results:
        lines.append(f"found by the gate for every seed in under {QUICK_SECONDS} s: {fast} of "
                     f"{len(results)} ({100 * fast / len(results):.0f} %)")
    if shrunk is not None:
        sizes = sum(result.shrunk is not None for result in results)
        lines.append(f"shrunk programs: median {shrunk:g} operations, of {sizes}")
    planted, reached, triggered, detected, survived = counted(results)
    lines.append(f"mutants: {planted} planted, {reached} reached, {triggered} triggered, "
                 f"{detected} detected, {survived} survived")
    return lines


# ----------------------------------------------------------------------------------------- page


def cell(value, kind=""):
    text = "" if value is None else f"{value:g}" if isinstance(value, (int, float)) else str(value)
    return f'<td class="{kind}">{html.escape(text)}</td>'


def row(mutant, result):
    found = ", ".join(witnesses(result))
    tests = sorted({one.witness for one in result.detections if one.by == "tests"})
    by = ", ".join(sorted({one.by for one in result.detections}))
    bad = "" if result.detected and not result.error else "bad"
    seconds = seconds_of(result)
    return "<tr>" + "".join([
        f'<td title="{html.escape(mutant.what)}"><b>{html.escape(mutant.id)}</b><br>'
        f"{html.escape(mutant.what)}</td>", cell(mutant.kind), cell(mutant.cites),
        cell("triggered" if result.triggered else "reached" if result.reached else "no"),
        cell(state(result), bad), cell(found + ("; " + tests[0] if tests else "")), cell(by),
        cell(f"{len(result.detections)}/{result.seeds}"), cell(operations_of(result), "number"),
        cell(None if seconds is None else round(seconds, 2), "number"),
        cell(result.shrunk, "number"), cell(result.error)]) + "</tr>"


def matrix(results, checkers):
    columns = [*checkers, *NO_CHECKERS, "tests"]
    head = "".join(f'<th class="turned">{name}</th>' for name in columns)
    rows = []
    for result in results:
        found = set(witnesses(result)) | set(result.others)
        only = alone(result)
        marks = "".join(
            cell("only" if name == only else "+" if name in found else "",
                 "cell alone" if name == only else "cell") for name in columns)
        rows.append(f"<tr><td>{html.escape(result.id)}</td>{marks}</tr>")
    return f"<table><tr><th>mutant</th>{head}</tr>{''.join(rows)}</table>"


def page(mutants, results, checkers):
    """report.html: one file, nothing loaded from anywhere."""
    known = {mutant.id: mutant for mutant in mutants}
    titles = ("mutant", "class", "cites", "probe", "result", "witnesses", "driver", "seeds",
              "operations", "seconds", "shrunk to", "error")
    head = "".join(f"<th>{title}</th>" for title in titles)
    rows = "".join(row(known[result.id], result) for result in results)
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Mutants</title>'
            f"<style>{STYLE}</style><h1>Mutants</h1>"
            f"<pre>{html.escape(chr(10).join(summary(results, checkers)))}</pre>"
            f"<h2>Mutant by mutant</h2><p>Medians over the seeds, until the "
            f"first finding.</p><table><tr>{head}</tr>{rows}</table>"
            f"<h2>Mutant and checker</h2><p>+: the first to fire in some run. only: no other "
            f"checker catches it, also when this one is switched off.</p>"
            f"{matrix(results, checkers)}</html>\n")
