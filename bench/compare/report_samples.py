"""Results as compare.py writes them, made up for the tests of the report. No figure is measured.

full() has everything: failed cells, unknown figures, a system nobody knows. hostile() is full()
with markup in every string. What is missing is missing: empty(), one_system().
"""

import random

MIB = 1 << 20
LINES = {
    "profile": (100, 500, 1000, 5000, 10000, 50000),
    "fox-generated": (1000, 10000, 20000, 50000, 100000),
    "fox-real": (10000, 50000, 100000),
}
OBJECTS = {"profile": 100, "fox-generated": 7, "fox-real": 6.5}      # per line
# Seconds per object, bytes asked per object and at least, collected, knows what it asked for.
SYSTEMS = {
    "v1": (210e-9, 136, 0.1, True, True),
    "v2-compiler": (24e-9, 46, 2.2, False, True),
    "v2-runtime": (60e-9, 78, 4.4, True, True),
    "reference": (420e-9, 160, 0.4, False, True),
    "glibc": (55e-9, 61, 0.2, False, True),
    "mimalloc": (32e-9, 53, 4.2, False, True),
    "jemalloc": (41e-9, 57, 7.5, False, True),
    "pmr": (21e-9, 52, 0.1, False, False),
    "boehm": (130e-9, 75, 1.1, True, True),
}
PAYLOAD = 42  # bytes per object


def pauses_of(draw, system, objects):
    """As many pauses as collections, growing with what lives."""
    count = max(1, round(objects * 55 / (8 * MIB))) * (6 if system == "v2-runtime" else 1)
    scale = {"v1": 30, "v2-runtime": 0.6}.get(system, 12) * (objects + 20000)
    return [round(scale * draw.lognormvariate(0, 0.8)) for _ in range(count)]


def sample(draw, workload, lines, system):
    per_object, per_asked, least, collected, knows = SYSTEMS[system]
    objects = round(OBJECTS[workload] * lines)
    if system == "v1":
        per_object *= 1 + lines / 40000  # its list grows
    seconds = 150e-6 + objects * per_object * draw.uniform(0.96, 1.09)
    asked = round(least * MIB + objects * per_asked)
    pauses = pauses_of(draw, system, objects) if collected else []
    return {
        "seconds": seconds,
        "allocating_seconds": seconds * draw.uniform(0.3, 0.34) if system != "boehm" else None,
        "teardown_seconds": seconds * 0.08, "peak_resident": round(asked * 0.97),
        "peak_asked": asked if knows else None, "objects": objects,
        "payload": objects * PAYLOAD, "collections": len(pauses) if collected else None,
        "longest_pause_ns": max(pauses) if pauses else None, "pauses_ns": pauses,
        "checksum": "5eed"}


def cell(workload, lines, system, samples, status="finished", message="", **more):
    return {"id": f"{workload}/{lines}/{system}", "workload": workload, "lines": lines,
            "system": system, "threshold": None, "limit_bytes": None, "status": status,
            "message": message, "samples": samples, **more}


def timeline(lines, system):
    objects = OBJECTS["profile"] * lines
    step = {"v1": 0.02, "v2-compiler": 2, "v2-runtime": 4}[system] * MIB
    points = []
    for at in range(201):
        count = round(objects * at / 200)
        asked = int((SYSTEMS[system][2] * MIB + count * SYSTEMS[system][1]) // step + 1) * step
        live = count * PAYLOAD
        points.append({"objects": count, "payload": live, "asked": round(asked),
                       "resident": round(asked * 0.95)})
    return points


def cells(draw):
    found = []
    for workload, sizes in LINES.items():
        for lines in sizes:
            for system in SYSTEMS:
                made = cell(workload, lines, system,
                            [sample(draw, workload, lines, system) for _ in range(5)])
                if workload == "profile" and lines == 10000 and system.startswith("v"):
                    made["timeline"] = timeline(lines, system)
                found.append(made)
    by_name = {made["id"]: made for made in found}
    for name, status, message in (
            ("profile/50000/reference", "time limit", "stopped after 60 s"),
            ("profile/50000/boehm", "out of memory", "GC_MALLOC returned NULL"),
            ("fox-real/100000/v1", "failed", "ended by SIGSEGV")):
        by_name[name].update(status=status, message=message, samples=[])
    for one in by_name["profile/100/mimalloc"]["samples"]:
        one["peak_resident"] = 0  # smaller than what the process had mapped already
    return found


def limits(draw):
    found = []
    for lines in (1000, 5000, 10000, 50000):
        for limit in (64, 128, 256, 512, 1024):
            for system, threshold in [("v1", size) for size in (8, 16, 32, 64)] + [
                    ("v2-compiler", None)]:
                needed = SYSTEMS[system][1] * 100 * lines / MIB + (threshold or 0) / 4 + 30
                done = needed < limit
                found.append(cell(
                    "profile", lines, system, [sample(draw, "profile", lines, system)]
                    if done else [], "finished" if done else "out of memory",
                    "" if done else "NULL, bytes_max", limit_bytes=limit * MIB,
                    threshold=threshold * MIB if threshold else None))
    return found


MICRO = (
    ("arena, profile sizes, allocate and write", "raw pointer bump", 1.02, 1.15),
    ("arena, allocate", "glibc malloc", 0.07, 0.2),
    ("pool, allocate 64 B", "mimalloc", 0.56, 0.75),
    ("pool, free 64 B", "mimalloc", 0.87, 0.6),
    ("heap, GCBench, Boehm with its default settings and free-space divisor", "Boehm", 0.44, None),
    ("heap, minor pause p99, 10 % survive", "", None, 1e6),
    ("heap, barrier over a plain store: young", "", None, 1.0),
)


def micro(draw):
    rows = []
    for work, peer, ratio, target in MICRO:
        ours = draw.uniform(1, 90) if ratio else target * draw.choice([0.4, 2.6])
        value = ratio or ours
        rows.append({"work": work, "peer": peer, "unit": "ns", "ours": ours,
                     "theirs": ours / ratio if ratio else None, "ratio": ratio,
                     "low": value * 0.93, "high": value * 1.08, "target": target,
                     "met": value <= target if target else None,
                     "samples": [value * draw.uniform(0.9, 1.1) for _ in range(9)]})
    return rows


TARGETS = (
    ("profile-1000-asked", "profile, 1,000 lines: memory asked, V2 COMPILER / V1", 0.36, 0.33),
    ("profile-10000-asked", "profile, 10,000 lines: memory asked, V2 COMPILER / V1", 0.31, 0.33),
    ("profile-1000-allocating", "profile, 1,000 lines: allocation time, V2 COMPILER / V1", 0.043,
     0.05),
    ("fox-generated-10000-v1", "Fox, 10,000 generated lines: time, V2 COMPILER / V1", 0.38, 0.5),
    ("fox-real-10000-glibc", "Fox, 10,000 real lines: time, V2 COMPILER / glibc malloc", None, 0.9),
)


def targets():
    return [{"id": name, "text": words, "value": value, "low": value and value * 0.97,
             "high": value and value * 1.04, "target": target,
             "message": "" if value else "not measured in this run",
             "met": value <= target if value else None} for name, words, value, target in TARGETS]


def empty():
    """A run that ended before its first cell."""
    return {"version": 1, "date": None, "quick": True, "commit": None, "machine": {},
            "compiler": None, "seconds": None, "cells": [], "limits": [], "micro": [],
            "targets": []}


def full(seed=1):
    draw = random.Random(seed)
    return {
        **empty(), "date": "2026-11-21T10:00:00Z", "quick": False, "commit": "0123456789ab",
        "machine": {"processor": "A Processor of the Tests 3.10GHz", "cores": 2,
                    "memory_bytes": 24 << 30, "system": "Linux 6.1 x86_64",
                    "load": [0.41, 0.36, 0.84]},
        "compiler": "clang 19.1.7", "seconds": 1043.2, "cells": cells(draw), "limits": limits(draw),
        "micro": micro(draw), "targets": targets()}


def one_system():
    """Only V2 COMPILER, only one size."""
    results = full()
    results["cells"] = [made for made in results["cells"]
                        if made["id"] == "profile/1000/v2-compiler"]
    return {**results, "limits": [], "micro": [], "targets": []}


ATTACK = "\"'></title></style><script>alert(1)</script><img src=http://x.invalid/ onerror=alert(2)>"


def attacked(value):
    """The value with markup added to every string in it. Statuses stay what they are."""
    if isinstance(value, str):
        return value + ATTACK + "\x00\ud800&amp;"
    if isinstance(value, list):
        return [attacked(part) for part in value]
    if isinstance(value, dict):
        return {key: part if key == "status" and part == "finished" else attacked(part)
                for key, part in value.items()}
    return value


def hostile():
    return attacked(full())
