"""The goals of this comparison, judged: each a ratio within the run.

A ratio is the median of its rounds' ratios, low and high are their quartiles. A target is met, or
behind; or it cannot be judged (met: null) when what ours is compared with did not finish or was not
measured. When ours did not finish, it is behind.
"""

import figures
import results

MIB = 1 << 20
MEMORY = (("asked", "peak_asked", "memory asked from the system"),
          ("resident", "peak_resident", "peak resident memory"))


def finished(cell):
    return cell is not None and cell["status"] == results.FINISHED and cell["samples"]


def entry(name, text, target, values, ours, theirs=None):
    """A judged target; values: one per round. ours, theirs: the cells that it is about."""
    value, low, high = figures.summary(values)
    met = value <= target if value is not None else None
    message = ""
    if ours is not None and not finished(ours):
        met, value, low, high = False, None, None, None
        message = f"{ours['id']}: {ended(ours)}"
    elif met is None:
        message = f"{theirs['id']}: {ended(theirs)}" if theirs else "not measured in this run"
    return {"id": name, "text": text, "value": value, "low": low, "high": high, "target": target,
            "met": met, "message": message}


def ended(cell):
    """Why there is no figure."""
    if cell["status"] != results.FINISHED:
        return cell["status"]
    return "no such figure" if cell["samples"] else "not measured"


def ratio(name, text, target, cells, ours, theirs, field):
    """Ours over theirs, both by their ids."""
    above, below = cells.get(ours), cells.get(theirs)
    values = []
    if finished(above) and finished(below):
        values = figures.ratios(above, below, field)
    return entry(name, text, target, values, above, below)


def profile(cells):
    found = []
    for lines in (1000, 10000):
        ours, theirs = f"profile/{lines}/v2-compiler", f"profile/{lines}/v1"
        head = f"profile, {lines:,} lines: "
        for short, field, text in MEMORY:
            found.append(ratio(f"profile-{lines}-{short}", f"{head}{text}, V2 COMPILER / V1", 0.33,
                               cells, ours, theirs, field))
        found.append(ratio(f"profile-{lines}-allocating",
                           f"{head}time in allocation calls, V2 COMPILER / V1", 0.05, cells, ours,
                           theirs, "allocating_seconds"))
    return found


def front_end(cells):
    found = []
    for workload, text in (("fox-generated", "generated"), ("fox-real", "real")):
        for system, name, target in (("v1", "V1", 0.5), ("glibc", "glibc malloc", 0.9)):
            found.append(ratio(f"{workload}-10000-{system}",
                               f"Fox, 10,000 {text} lines: time, V2 COMPILER / {name}", target,
                               cells, f"{workload}/10000/v2-compiler",
                               f"{workload}/10000/{system}", "seconds"))
    return found


def savings(cells):
    """V2's memory over V1's must not be larger on the largest input than at 1,000 lines; 2 % are
    allowed for what comes in chunks."""
    found = []
    for workload, lines in (("profile", 50000), ("fox-generated", 100000)):
        for short, field, text in MEMORY:
            ratios = []
            for count in (lines, 1000):
                ours, theirs = (cells.get(f"{workload}/{count}/{system}")
                                for system in ("v2-compiler", "v1"))
                both = finished(ours) and finished(theirs)
                ratios.append(figures.median(figures.ratios(ours, theirs, field)) if both else None)
            values = [ratios[0] / ratios[1]] if all(ratios) else []
            found.append(entry(
                f"{workload}-savings-{short}",
                f"{workload}: {text}, V2 COMPILER / V1 at {lines:,} lines over the same at 1,000",
                1.02, values, cells.get(f"{workload}/{lines}/v2-compiler")))
    return found


def growth(cells):
    """Time per line at 100,000 lines over that at 1,000, measured in turn."""
    large, small = (cells.get(f"fox-generated/{lines}/v2-compiler") for lines in (100000, 1000))
    values = []
    if finished(large) and finished(small):
        values = figures.ratios(large, small, "seconds", scale=1000 / 100000)
    return entry("fox-growth", "Fox, generated: time per line of V2 COMPILER at 100,000 lines / at "
                 "1,000", 1.10, values, large)


def within_limit(limits):
    """Met when the run finishes. The value says how much of the limit it asked for."""
    cell = limits.get("profile/50000/v2-compiler/limit-256M")
    asked = [sample["peak_asked"] for sample in cell["samples"]] if finished(cell) else []
    values = [value / (256 * MIB) for value in asked if value is not None]
    text = ("profile, 50,000 lines: V2 COMPILER finishes within 256 MB of address space; memory "
            "asked / 256 MB")
    found = entry("profile-50000-limit", text, 1.0, values, cell)
    if finished(cell):
        found["met"] = True
    return found


def judge(document):
    """Fills in the document's targets."""
    cells = results.cells_by_id(document)
    limits = results.cells_by_id(document, "limits")
    document["targets"] = (profile(cells) + front_end(cells) + savings(cells) + [growth(cells)] +
                           [within_limit(limits)])


def behind(document):
    """How many are not met, of these and of the micro rows."""
    judged = document["targets"] + document["micro"]
    return sum(1 for row in judged if row.get("met") is False)
