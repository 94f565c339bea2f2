"""The tables of a document as text for the terminal, or as Markdown for docs/performance.md."""

import figures
import results
import units

NAMES = {"v1": "V1", "v2-compiler": "V2 COMPILER", "v2-runtime": "V2 RUNTIME",
         "reference": "reference", "glibc": "glibc malloc", "mimalloc": "mimalloc",
         "jemalloc": "jemalloc", "pmr": "std::pmr", "boehm": "Boehm"}
WORKLOADS = {"profile": "Profile: 100 objects a line, linked and filled",
             "fox-generated": "Fox front end, generated sources",
             "fox-real": "Fox front end, real sources"}
CELL_HEAD = ("lines", "system", "ms", "allocating", "resident", "asked", "B over/object",
             "collections", "longest pause", "status")
TEXT_COLUMNS = {"system", "status", "work", "against", "verdict", "target", "what"}
MESSAGE_COLUMNS = 60


def middle(row, field):
    """Median of a figure over the samples of a row."""
    return figures.median([sample.get(field) for sample in row["samples"]])


def allocating_share(row):
    """Time in allocation calls over the whole, of each round."""
    return figures.median([
        sample["allocating_seconds"] / sample["seconds"] for sample in row["samples"]
        if sample.get("allocating_seconds") is not None and sample["seconds"] > 0])


def over_payload(row):
    """Bytes asked from the system beyond what the program asked for, per object."""
    return figures.median([
        (sample["peak_asked"] - sample["payload"]) / sample["objects"] for sample in row["samples"]
        if sample.get("peak_asked") is not None and sample["objects"]])


def status_text(row):
    """Empty when all is well."""
    if row["status"] == results.FINISHED and row["samples"]:
        return ""
    said = f": {row['message']}" if row.get("message") else ""
    return f"{row['status'] if row['samples'] or said else 'not measured'}{said}"[:MESSAGE_COLUMNS]


def cell_rows(cells):
    for row in cells:
        yield (units.count(row["lines"]), NAMES.get(row["system"], row["system"]),
               units.milliseconds(middle(row, "seconds")), units.percent(allocating_share(row)),
               units.size(middle(row, "peak_resident")), units.size(middle(row, "peak_asked")),
               units.number(over_payload(row)), units.count(middle(row, "collections")),
               units.nanoseconds(middle(row, "longest_pause_ns")), status_text(row))


def limit_table(limits):
    """Who finishes: a row for each number of lines and setting, a column for each limit."""
    sizes = sorted({row["limit_bytes"] for row in limits})
    found = {}
    for row in limits:
        setting = NAMES.get(row["system"], row["system"])
        if row["threshold"]:
            setting += f", threshold {units.size(row['threshold'])}"
        ended = row["status"]
        if ended == results.FINISHED:
            ended = f"{units.milliseconds(middle(row, 'seconds'))} ms"
        found.setdefault((row["lines"], setting), {})[row["limit_bytes"]] = ended
    head = ("lines", "system", *(f"within {units.size(limit)}" for limit in sizes))
    return head, [(units.count(lines), setting, *(by.get(limit, units.DASH) for limit in sizes))
                  for (lines, setting), by in found.items()]


def verdict(row):
    return {True: "met", False: "BEHIND", None: ""}[row.get("met")]


def micro_table(rows):
    head = ("work", "against", "ours", "peer", "ratio", "quartiles", "target", "verdict")
    table = []
    for row in rows:
        unit = row.get("unit", "")
        duel = row.get("ratio") is not None
        target = units.number(row.get("target")) if row.get("target") is not None else ""
        table.append((
            row["work"], row.get("peer", ""), f"{units.number(row.get('ours'))} {unit}",
            f"{units.number(row.get('theirs'))} {unit}" if duel else "",
            f"{row['ratio']:.3f}" if duel else "",
            f"{row['low']:.3f} to {row['high']:.3f}" if duel else "", target, verdict(row)))
    return head, table


def target_table(rows):
    table = []
    for row in rows:
        said = verdict(row) or "not judged"
        if row.get("message"):
            said += f" ({row['message']})"
        between = "" if row.get("low") is None else \
            f"{units.number(row['low'])} to {units.number(row['high'])}"
        table.append((row["text"], units.number(row["value"]), between,
                      units.number(row["target"]), said))
    return ("what", "value", "quartiles", "at most", "verdict"), table


def sections(document):
    """(title, head, rows) of every table that has rows."""
    cells = document["cells"]
    workloads = list(dict.fromkeys(row["workload"] for row in cells))
    for workload in workloads:
        mine = sorted((row for row in cells if row["workload"] == workload),
                      key=lambda row: row["lines"])
        yield WORKLOADS.get(workload, workload), CELL_HEAD, list(cell_rows(mine))
    if document["limits"]:
        yield "Under a limit of address space, profile: time, or how it ended", \
            *limit_table(document["limits"])
    if document["micro"]:
        yield "Micro", *micro_table(document["micro"])
    if document["targets"]:
        yield "Targets", *target_table(document["targets"])


def text_table(head, rows):
    """Columns as wide as their widest word; numbers to the right."""
    rows = [[str(word) for word in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(head), *rows]) for column in range(len(head))]
    left = [name in TEXT_COLUMNS for name in head]
    lines = []
    for row in [list(head), *rows]:
        words = [word.ljust(width) if to_left else word.rjust(width)
                 for word, width, to_left in zip(row, widths, left)]
        lines.append("  ".join(words).rstrip())
    return "\n".join(lines)


def text(document):
    return "\n\n".join(f"{title}\n{text_table(head, rows)}"
                       for title, head, rows in sections(document))


def markdown_row(words):
    return "| " + " | ".join(str(word).replace("|", "\\|").replace("\n", " ")
                             for word in words) + " |"


def markdown(document):
    machine = document.get("machine") or {}
    kind = "quick" if document.get("quick") else "full"
    parts = [f"Measured {document.get('date', '')[:10]} ({kind} run, commit "
             f"{document.get('commit') or 'unknown'}) on {machine.get('processor', 'unknown')}, "
             f"{machine.get('cores', '?')} cores, {machine.get('system', '')}, "
             f"{document.get('compiler') or 'unknown compiler'}."]
    for title, head, rows in sections(document):
        rule = markdown_row([":--" if name in TEXT_COLUMNS else "--:" for name in head])
        body = "\n".join(markdown_row(row) for row in rows)
        parts.append(f"### {title}\n\n{markdown_row(head)}\n{rule}\n{body}")
    return "\n\n".join(parts) + "\n"
