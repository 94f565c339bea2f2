"""Two documents, row by row: what changed by more than chance. check.py says it."""

import dataclasses

import figures
import results
import units
from plan import OURS, PEERS

SAMPLES_MIN = 3
TIMES = (("seconds", "time"), ("allocating_seconds", "time in allocation calls"))
# Field, name, share and bytes that may come and go: pages of libraries and stacks are resident.
MEMORY = (("peak_asked", "memory asked", 0.02, 64 << 10),
          ("peak_resident", "resident", 0.05, 512 << 10))
# The nursery of RUNTIME mode grows and shrinks with the pauses that it measures: its memory is a
# matter of time, and has been seen to double.
ADAPTS = {"v2-runtime": 1.5}
# Micro rows differ by a fifth between runs of one binary: slices depend on where memory lies.
MICRO_LIMITS = 5
TIME_UNITS = ("ns", "us", "ms", "s")


@dataclasses.dataclass
class Finding:
    """A row that was compared. kind: see check.ORDER; "same", or "few" when it was not judged."""

    kind: str
    name: str
    what: str
    factor: float | None = None
    low: float | None = None
    high: float | None = None
    detail: str = ""

    def text(self):
        parts = [self.what]
        if self.factor is not None:
            parts.append(f"{100 * (self.factor - 1):+.1f} %")
        if self.low is not None:
            parts.append(f"({100 * (self.low - 1):+.1f} to {100 * (self.high - 1):+.1f} %)")
        return "  ".join(parts + ([self.detail] if self.detail else []))


def measured(row):
    return row is not None and row["status"] == results.FINISHED and bool(row["samples"])


def statuses(before, after, quick):
    """Cells that ended well in one run and not in the other. quick: the plans differ."""
    for part in ("cells", "limits"):
        old, new = results.cells_by_id(before, part), results.cells_by_id(after, part)
        for name, row in old.items():
            now = new.get(name)
            if measured(row) and now is None and not quick:
                yield Finding("missing", name, part)
            elif measured(row) and now is not None and not measured(now):
                message = f": {now['message']}" if now.get("message") else ""
                yield Finding("newly failing", name, part, detail=f"{now['status']}{message}")
            elif not measured(row) and measured(now):
                yield Finding("finishes now", name, part, detail=f"before: {row['status']}")


# ------------------------------------------------------------------------------------- times

def peers_of(workload, lines, *runs):
    """Peers whose cells of this workload and size finished in all runs."""
    found = []
    for system in PEERS:
        rows = [cells.get(f"{workload}/{lines}/{system}") for cells in runs]
        if all(measured(row) for row in rows):
            found.append(system)
    return found


def peer_times(cells, workload, lines, systems):
    """Round -> geometric mean of the peers' times, where all of them have one."""
    by_round = [figures.by_round(cells[f"{workload}/{lines}/{system}"], "seconds")
                for system in systems]
    common = set.intersection(*(set(rounds) for rounds in by_round)) if by_round else set()
    means = {}
    for number in common:
        values = [rounds[number] for rounds in by_round]
        if min(values) > 0:
            means[number] = figures.geometric_mean(values)
    return means


def speed(before, after):
    """How much slower the peers were after than before, over all groups; 1 without peers."""
    old, new = results.cells_by_id(before), results.cells_by_id(after)
    factors = []
    for workload, lines in sorted({(row["workload"], row["lines"]) for row in before["cells"]}):
        for system in peers_of(workload, lines, old, new):
            name = f"{workload}/{lines}/{system}"
            values = [figures.median([sample.get("seconds") for sample in cells[name]["samples"]])
                      for cells in (old, new)]
            if all(values):
                factors.append(values[1] / values[0])
    return figures.geometric_mean(factors) or 1.0


def relative(cells, row, field, peers, scale):
    """A cell's figures in units of what the peers took in the same round; or of the run's speed,
    where there are no peers."""
    rounds = figures.by_round(row, field)
    if not peers:
        return [value / scale for value in rounds.values() if value > 0]
    means = peer_times(cells, row["workload"], row["lines"], peers)
    return [value / means[number] for number, value in sorted(rounds.items())
            if number in means and value > 0]


def fastest(cells, row, field, peers, scale):
    """The same of the fastest samples alone: what else the machine does only ever adds to them."""
    def shortest(one, name):
        known = [sample.get(name) for sample in one["samples"]]
        return min((value for value in known if value), default=0)
    times = [shortest(cells[f"{row['workload']}/{row['lines']}/{system}"], "seconds")
             for system in peers]
    return shortest(row, field) / (figures.geometric_mean(times) if times and all(times)
                                   else scale)


def judged(name, what, interval, limit, fastest_factor=None):
    """A finding from a factor and its interval; limit in percent.

    A burst of noise can last for most rounds of a cell, and then their median and its interval move
    with it. But what is really slower is so in its fastest sample as well; so that has to agree, by
    half of the limit.
    """
    factor, low, high = interval
    allowed, half = 1 + limit / 100, 1 + limit / 200
    agrees = fastest_factor or factor
    kind = "same"
    if low > allowed and agrees > half:
        kind = "slower"
    elif high < 1 / allowed and agrees < 1 / half:
        kind = "faster"
    return Finding(kind, name, what, factor, low, high)


def pooled(pairs):
    """The run's usual noise: the median of the rows' spreads."""
    spreads = [figures.spread(values) for pair in pairs for values in pair]
    return figures.median(spreads) or 0.0


def times(before, after, limit):
    """Every figure of time of our cells."""
    runs = results.cells_by_id(before), results.cells_by_id(after)
    scales = 1.0, speed(before, after)
    for field, what in TIMES:
        pairs, floors = {}, {}
        for name, row in runs[0].items():
            rows = row, runs[1].get(name)
            if row["system"] not in OURS or not all(measured(one) for one in rows):
                continue
            peers = peers_of(row["workload"], row["lines"], *runs)
            of_both = list(zip(runs, rows, scales))
            pairs[name] = [relative(cells, one, field, peers, scale)
                           for cells, one, scale in of_both]
            floors[name] = [fastest(cells, one, field, peers, scale)
                            for cells, one, scale in of_both]
        enough = [pair for pair in pairs.values() if min(map(len, pair)) >= SAMPLES_MIN]
        noise = pooled(enough)
        for name, pair in pairs.items():
            if min(map(len, pair)) < SAMPLES_MIN:
                if any(pair):
                    yield Finding("few", name, what)
                continue
            interval = figures.change(*pair, f"{name} {field}", noise)
            old, new = floors[name]
            yield judged(name, what, interval, limit, new / old if old else None)


# ------------------------------------------------------------------------------------ memory

def memory(before, after):
    """Medians, with a tolerance: there is next to no noise."""
    old, new = results.cells_by_id(before), results.cells_by_id(after)
    for field, what, share, slack in MEMORY:
        for name, row in old.items():
            if row["system"] not in OURS or not measured(row) or not measured(new.get(name)):
                continue
            was, is_now = (figures.median([sample.get(field) for sample in cells[name]["samples"]])
                           for cells in (old, new))
            if was is None or is_now is None:
                continue
            allowed = 1 + ADAPTS.get(row["system"], share)
            kind = "same"
            if is_now > was * allowed + slack:
                kind = "bigger"
            elif is_now < was / allowed - slack:
                kind = "smaller"
            yield Finding(kind, name, what, is_now / was if was else None,
                          detail=f"{units.size(was)} to {units.size(is_now)}")


# ------------------------------------------------------------------------------------- micro

def micro_name(row):
    return f"{row['work']} / {row['peer']}" if row.get("peer") else row["work"]


def micro_speed(before, new):
    """How much slower the peers were in the duels after than before: in the minutes of these rows
    and no others."""
    factors = [new[name]["theirs"] / row["theirs"] for row in before
               if (name := micro_name(row)) in new
               and (row.get("theirs") or 0) > 0 and (new[name].get("theirs") or 0) > 0]
    return figures.geometric_mean(factors) or 1.0


def micro(before, after, limit, quick):
    """Rows of build/bin/bench. quick: the two runs do not have the same rows."""
    new = {micro_name(row): row for row in after["micro"]}
    slowdown = micro_speed(before["micro"], new)
    limit *= MICRO_LIMITS
    pairs = {}
    for row in before["micro"]:
        name = micro_name(row)
        if name not in new:
            if not quick:
                yield Finding("missing", name, "micro row")
            continue
        scale = slowdown if row.get("ratio") is None and row.get("unit") in TIME_UNITS else 1.0
        was = [value for value in row.get("samples", []) if value is not None]
        is_now = [value / scale for value in new[name].get("samples", []) if value is not None]
        pairs[name] = (row, was, is_now)
    enough = [pair[1:] for pair in pairs.values() if min(map(len, pair[1:])) >= SAMPLES_MIN]
    noise = pooled(enough)
    for name, (row, was, is_now) in pairs.items():
        yield micro_finding(name, row, (was, is_now), noise, limit)


def micro_finding(name, row, pair, noise, limit):
    what = "ratio to the peer" if row.get("ratio") is not None else row.get("unit") or "value"
    if min(map(len, pair)) < SAMPLES_MIN:
        return Finding("few", name, what)
    if min(map(min, pair)) > 0:
        # Both sides of a duel's ratio have noise: its smallest sample says nothing.
        floor = min(pair[1]) / min(pair[0]) if row.get("ratio") is None else None
        return judged(name, what, figures.change(*pair, name, noise), limit, floor)
    # A figure that may be 0 or less has no ratio: its change is measured against its target.
    if not row.get("target"):
        return Finding("few", name, what)
    middle, low, high = figures.difference(*pair, name)
    allowed = row["target"] * limit / 100
    kind = "slower" if low > allowed else "faster" if high < -allowed else "same"
    return Finding(kind, name, what, detail=f"by {units.number(middle)} ({units.number(low)} to "
                   f"{units.number(high)})")
