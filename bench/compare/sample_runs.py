"""Runs that never were, for tests: documents whose truth is known."""

import random

import plan as plans
import results

SIZES = (("profile", 1000), ("profile", 10000), ("profile", 50000), ("fox-generated", 1000),
         ("fox-generated", 10000), ("fox-generated", 100000), ("fox-real", 10000))
# Seconds a line and bytes a line.
COSTS = {"v1": (1e-5, 13000), "v2-compiler": (2e-6, 4096), "v2-runtime": (3e-6, 5000),
         "reference": (4e-5, 20000), "glibc": (4e-6, 5000), "mimalloc": (3e-6, 4300),
         "jemalloc": (3.5e-6, 4300), "pmr": (2e-6, 4200), "boehm": (6e-6, 5500)}


def sample(system, lines, number, factor=1.0):
    seconds, size = COSTS[system]
    return {"round": number, "seconds": factor * seconds * lines,
            "allocating_seconds": factor * seconds * lines * (0.02 if system == "v2-compiler"
                                                              else 0.5),
            "teardown_seconds": 0.0, "peak_resident": size * lines, "peak_asked": size * lines,
            "objects": 100 * lines, "payload": 4000 * lines, "collections": None,
            "longest_pause_ns": None, "pauses_ns": None, "checksum": f"{lines}"}


def run(seed=1, noise=0.0, machine=1.0, rounds=7, slower=None):
    """A full document. noise: of each sample, relative; shared by a round as well, as machines are
    busy for a while; machine: all of it takes so many times longer; slower: id -> factor."""
    draw = random.Random(seed)
    document = results.document(False, "none")
    for workload, lines in SIZES:
        busy = [1 + abs(draw.gauss(0, 2 * noise)) for _ in range(rounds)]
        for system in plans.SYSTEMS:
            row = results.empty_cell(plans.Cell(workload, lines, system))
            for number in range(rounds):
                factor = machine * busy[number] * (1 + noise * draw.gauss(0, 1))
                factor *= (slower or {}).get(row["id"], 1)
                row["samples"].append(sample(system, lines, number, factor))
            document["cells"].append(row)
    for cell in plans.limited((50000,), (8 * plans.MIB,), (256 * plans.MIB,)):
        row = results.empty_cell(cell)
        row["samples"].append(sample(cell.system, cell.lines, 0, machine))
        document["limits"].append(row)
    document["micro"] = micro(draw, noise, machine, slower or {})
    return document


def micro(draw, noise, machine, slower):
    """A duel, a figure in milliseconds, and one that is close to 0."""
    def row(work, peer, unit, middle, scale, target):
        samples = [scale * slower.get(work, 1) * middle * (1 + noise * draw.gauss(0, 1))
                   for _ in range(21)]
        value = sorted(samples)[10]
        return {"work": work, "peer": peer, "unit": unit, "ours": value,
                "theirs": machine if peer else None, "ratio": value if peer else None,
                "low": value, "high": value, "target": target, "met": value <= target,
                "samples": samples}
    near_zero = row("barrier", "", "ns more", 1.0, 1.0, 1.0)
    offset = slower.get("barrier offset", 0.0)
    near_zero["samples"] = [offset + 0.02 * draw.gauss(0, 1) for _ in range(21)]
    return [row("pool: allocate", "mimalloc", "ns", 0.5, 1.0, 0.75),
            row("major pause", "", "ms", 9.0, machine, 20.0), near_zero]


def cell(document, name, part="cells"):
    return results.cells_by_id(document, part)[name]


def fail(document, name, status=results.OUT_OF_MEMORY, part="cells"):
    """The cell has not finished."""
    row = cell(document, name, part)
    row["status"], row["message"], row["samples"] = status, "planted", []
