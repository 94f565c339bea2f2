"""The tables of the report: goals, limits, every cell, every row.

A column has one unit and so many decimals, so that figures can be compared by looking down it. A
dash is a figure that nobody measured.
"""

from report_data import label_of, number, title_of
from svg_text import brief, element, significant, size_of, text, whole

MIB = 1 << 20
DASH = "–"
BASE, COMMON = "v2-compiler", 10000  # what systems are compared with at a glance, and where
STATUS_KIND = {"finished": "met", "out of memory": "behind", "time limit": "behind",
               "failed": "behind"}


def fixed(value, decimals, scale=1.0):
    return DASH if value is None else f"{value * scale:,.{decimals}f}"


def tag(name, words, kind=None, **attributes):
    """A cell of a table whose content is plain text."""
    return element(name, {"class": kind, **attributes}, text(words))


def boxed(name, caption, head, *bodies):
    """A table in a box of its own that scrolls, under a heading that names it and does not."""
    heading = f"{name}-heading"
    return element("h3", {"id": heading}, text(caption)) + element(
        "div", {"class": "box", "role": "region", "tabindex": 0, "aria-labelledby": heading},
        element("table", {"aria-labelledby": heading}, element("thead", {}, head), *bodies))


def header(names, words=1):
    """A row of column heads, the first `words` of them above text, the others above numbers."""
    return element("tr", {}, *[tag("th", name, None if at < words else "n", scope="col")
                               for at, name in enumerate(names)])


def span_of(low, high):
    if low is None or high is None or low == high:
        return ""
    return f"{significant(low)} to {significant(high)}"


def goals(targets):
    """Verdict, goal, what was measured: narrow enough for a phone."""
    rows = []
    for row in targets:
        kind, words = {True: ("met", "✓ met"), False: ("behind", "✗ behind"),
                       None: ("open", "not judged")}[row.met]
        value = DASH if row.value is None else significant(row.value)
        rows.append(element(
            "tr", {}, element("td", {"class": f"verdict {kind}"}, text(words)),
            element("th", {"class": "words", "scope": "row"}, text(row.name), element(
                "span", {"class": "span"}, text(row.message)) if row.message else ""),
            element("td", {"class": "n"}, element("b", {}, text(value)), element(
                "span", {"class": "span"}, text(span_of(row.low, row.high)))),
            tag("td", DASH if row.target is None else f"≤ {brief(row.target)}", "n")))
    return boxed("table-goals", "Goals of the comparison", element(
        "tr", {}, tag("th", "verdict", scope="col"), tag("th", "goal", scope="col"),
        element("th", {"class": "n", "scope": "col"}, "measured", element(
            "span", {"class": "span"}, "middle half")), tag("th", "at most", "n", scope="col")),
        element("tbody", {}, *rows))


def glance(results):
    """What every system needs over what V2 COMPILER needs, at one size of each workload."""
    columns, sizes = [], []
    for workload in results.workloads():
        mine = [cell for cell in results.cells if cell.workload == workload]
        bases = {cell.lines: cell for cell in mine if cell.system == BASE and cell.finished}
        if not bases:
            continue
        lines = COMMON if COMMON in bases else max(bases)
        sizes.append(tag("th", f"{title_of(workload)}, {whole(lines)} lines", "n", colspan=2,
                         scope="colgroup"))
        cells = {cell.system: cell for cell in mine if cell.lines == lines}
        columns += [(cells, bases[lines], key) for key in ("seconds", "peak_resident")]
    systems = [system for system in results.systems(results.cells) if system != BASE]
    if not columns or not systems:
        return ""
    head = element("tr", {}, tag("th", "", scope="col"), *sizes) + element(
        "tr", {}, tag("th", "system", scope="col"), *[
            tag("th", "time" if key == "seconds" else "resident", "n", scope="col")
            for _, _, key in columns])
    rows = [element("tr", {}, tag("th", label_of(system), scope="row"), *[
        over(cells.get(system), base, key) for cells, base, key in columns]) for system in systems]
    return boxed("table-glance", f"Time and resident memory over {label_of(BASE)}'s", head,
                 element("tbody", {}, *rows))


def over(cell, base, key):
    """A cell of that table."""
    if cell is not None and not cell.finished:
        return tag("td", cell.outcome, "n open")
    value, one = (None, None) if cell is None else (cell.median(key), base.median(key))
    if value is None or not one:
        return tag("td", DASH, "n open")
    ratio = value / one
    return tag("td", f"{ratio:,.2f}×", "n behind" if ratio < 1 else "n met")


def limit_matrix(cells):
    """Who finishes under which limit: a row per system and threshold, a column per limit."""
    limits = sorted({cell.limit for cell in cells}, key=lambda limit: limit or float("inf"))
    named = ["system", "threshold"] + [size_of(limit) if limit else "no limit" for limit in limits]
    bodies = []
    sizes = sorted({(cell.workload, cell.lines) for cell in cells})
    for workload, lines in sizes:
        mine = [cell for cell in cells if (cell.workload, cell.lines) == (workload, lines)]
        rows = [element("tr", {"class": "group"}, tag(
            "th", f"{title_of(workload)}, {whole(lines)} lines", colspan=len(named),
            scope="rowgroup"))]
        for system, threshold in dict.fromkeys((cell.system, cell.threshold) for cell in mine):
            found = {cell.limit: cell for cell in mine
                     if (cell.system, cell.threshold) == (system, threshold)}
            rows.append(element(
                "tr", {}, tag("th", label_of(system), scope="row"),
                tag("td", size_of(threshold) if threshold else DASH, "n"),
                *[outcome(found.get(limit)) for limit in limits]))
        bodies.append(element("tbody", {}, *rows))
    return boxed("table-limits", "Time to finish under a limit of address space",
                 header(named), *bodies)


def outcome(cell):
    if cell is None:
        return element("td", {"class": "n open"}, DASH)
    if cell.finished:
        seconds = cell.median("seconds")
        words = "finished" if seconds is None else f"{seconds * 1000:,.1f} ms"
        return element("td", {"class": "n met", "data-limit": cell.name,
                              "title": cell.message or None}, text(f"✓ {words}"))
    kind = STATUS_KIND.get(cell.outcome, "open")
    return element("td", {"class": f"n {kind}", "data-limit": cell.name,
                          "title": cell.message or None}, text(f"✗ {cell.outcome}"))


# Column, whether the least of its size is shown bold, and its text.
COLUMNS = [
    ("time ms", "seconds", lambda cell: fixed(cell.median("seconds"), 2, 1e3)),
    ("least", None, lambda cell: fixed(min(cell.values("seconds"), default=None), 2, 1e3)),
    ("most", None, lambda cell: fixed(max(cell.values("seconds"), default=None), 2, 1e3)),
    ("µs / line", None, lambda cell: fixed(cell.per_line(), 2, 1e6)),
    ("allocating ms", None, lambda cell: fixed(cell.median("allocating_seconds"), 2, 1e3)),
    ("share", None, lambda cell: percent(cell.allocating_share())),
    ("freeing ms", None, lambda cell: fixed(cell.median("teardown_seconds"), 2, 1e3)),
    ("resident MiB", "peak_resident", lambda cell: fixed(cell.median("peak_resident"), 2, 1 / MIB)),
    ("asked MiB", "peak_asked", lambda cell: fixed(cell.median("peak_asked"), 2, 1 / MIB)),
    ("payload MiB", None, lambda cell: fixed(cell.median("payload"), 2, 1 / MIB)),
    ("objects", None, lambda cell: fixed(cell.median("objects"), 0)),
    ("B / object over", None, lambda cell: fixed(cell.over_payload(), 1)),
    ("collections", None, lambda cell: fixed(cell.median("collections"), 0)),
    ("longest pause ms", None, lambda cell: fixed(cell.median("longest_pause_ns"), 3, 1e-6)),
    ("runs", None, lambda cell: str(len(cell.samples))),
]


def percent(share):
    return DASH if share is None else f"{share * 100:.1f} %"


def cell_table(name, caption, cells):
    """Every cell, grouped by size; what did not finish says so in its row."""
    names = ["system", "status"] + [name for name, _, _ in COLUMNS]
    special = any(cell.threshold or cell.limit for cell in cells)
    if special:
        names[1:1] = ["threshold", "limit"]
    bodies = []
    for lines in sorted({cell.lines for cell in cells}):
        mine = [cell for cell in cells if cell.lines == lines]
        rows = [element("tr", {"class": "group"}, tag("th", f"{whole(lines)} lines",
                                                      colspan=len(names), scope="rowgroup"))]
        least = {} if special else {
            key: min((value for cell in mine if cell.finished
                      and (value := cell.median(key)) is not None), default=None)
            for _, key, _ in COLUMNS if key}
        rows += [cell_row(cell, least, special) for cell in mine]
        bodies.append(element("tbody", {}, *rows))
    return boxed(name, caption, header(names, words=2), *bodies)


def cell_row(cell, least, special):
    kind = STATUS_KIND.get(cell.outcome, "open")
    status = cell.outcome + (f": {cell.message}" if cell.message else "")
    columns = [tag("th", label_of(cell.system), scope="row")]
    if special:
        columns += [tag("td", size_of(bound) if bound else DASH, "n")
                    for bound in (cell.threshold, cell.limit)]
    columns.append(tag("td", status, f"status {'fine' if cell.finished else kind}"))
    for _, key, shown in COLUMNS:
        best = key and least.get(key) is not None and cell.finished and \
            cell.median(key) == least[key]
        columns.append(tag("td", shown(cell), "n best" if best else "n"))
    return element("tr", {"data-row": cell.name}, *columns)


def micro_table(rows):
    """Every row of build/bin/bench."""
    def shown(value):
        return DASH if value is None else significant(value)
    names = ["work", "peer", "verdict", "unit", "ours", "theirs", "ratio", "low", "high", "goal"]
    body = [element(
        "tr", {"data-row": "micro"}, tag("th", row.name, "words", scope="row"),
        tag("td", row.peer or DASH), *verdict_cell(row), tag("td", row.unit or DASH),
        *[tag("td", shown(number(value)), "n") for value in (
            row.ours, row.theirs, row.value, row.low, row.high, row.target)])
        for row in rows]
    return boxed("table-micro", "Rows of build/bin/bench", header(names, words=4),
                 element("tbody", {}, *body))


def verdict_cell(row):
    kind, words = {True: ("met", "✓ met"), False: ("behind", "✗ behind"),
                   None: ("open", "no goal" if row.target is None else "? not judged")}[row.met]
    return [tag("td", words, f"verdict {kind}")]
