"""Nights for the tests of the report: a full one, a hostile one, an empty one, and those before."""

import nightly_results as results

EVIL = '</pre><script>alert(1)</script><img src="http://x.invalid/a.png">\x00\ud800'
FILES = ("impl/heap/evacuator.cpp", "impl/arena/arena.cpp", "impl/os/pages.cpp")


def step(name, status=results.GOOD, **options):
    return {"name": name, "about": f"about {name}", "status": status, "seconds": 262.4, "exit": 0,
            "command": f"build/bin/stress --rooms {name} --seed 7 --seconds 240 --plan full "
                       "--state nights/2026-03-05-0123456789ab/state/" + name,
            "last_line": f"stress: 41 workloads, 0 failures ({name})", "peak_bytes": 412 << 20,
            "log": f"logs/{name}.log", "notes": [], "findings": [], **options}


def figure(value, unit="/s", more_is_better=True):
    return {"value": value, "unit": unit, "more_is_better": more_is_better}


def night(day, **options):
    return {"version": 1, "name": f"2026-03-{day:02}-0123456789ab", "hours": 1.0, "seed": 7,
            "started": f"2026-03-{day:02}T01:00:00Z", "finished": f"2026-03-{day:02}T02:00:00Z",
            "commit": "0123456789ab", "jobs": 2, "seconds": 3512.0, "steps": [], "figures": {},
            "findings": [], "coverage": [],
            "machine": {"processor": "A processor at 3 GHz", "cores": 2, "load": [0.1, 0.2, 0.3],
                        "memory_bytes": 24 << 30, "system": "Linux 6.1 x86_64"}, **options}


def figures(scale):
    return {"fuzz: executions per second": figure(7311.0 * scale),
            "coverage: lines": figure(97.31, "%"),
            "soak: peak memory": figure((200 << 20) * scale, "B", False),
            "bench: profile, 1,000 lines: memory asked from the system, V2 COMPILER / V1":
                figure(0.315, "×", False)}


def before(count):
    """So many nights before; every third lacks a figure, one has none."""
    nights = []
    for at in range(count):
        found = figures(0.9 + 0.05 * (at % 4))
        if at % 3 == 2:
            del found["soak: peak memory"]
        nights.append(night(1 + at, figures={} if at == 4 else found))
    return nights


def full():
    findings = [{"step": "stress-pressure", "title": "fox 50,000 lines under 40 MiB",
                 "text": "FAILED fox\n" + "a long line of what was said " * 20,
                 "reproduce": "build/bin/stress --only '^pressure: fox 50,000' --seed 7 " * 3},
                {"step": "endure-heap", "title": "checker overlap", "text": "two objects overlap",
                 "reproduce": "build/bin/morphcheck endure --subject heap --seed 7"}]
    return night(9, figures=figures(1.5), findings=findings, steps=[
        step("build"), step("tsan"), step("stress-pressure", results.FAILED, exit=1,
                                          findings=findings[:1]),
        step("valgrind", notes=["12 of 52 programs fit into 393 s (seed 7)"]),
        step("endure-heap", results.FAILED, exit=-15, stopped=True, findings=findings[1:]),
        {"name": "bench", "about": "about", "status": results.SKIPPED, "seconds": 0.0,
         "reason": "needs 150 s, more than its share of 0.05 h"}],
        coverage=[[name, 100 + 10 * at, 3 * at, 100 - 3.0 * at] for at, name in enumerate(FILES)])


def hostile():
    """Strings that want to be markup, figures that are none."""
    made = full()
    for finding in made["findings"]:
        finding.update(title=EVIL, text=EVIL * 30, reproduce=EVIL, step=EVIL)
    for record in made["steps"]:
        record.update(last_line=EVIL, command=EVIL, peak_bytes=None, exit=None)
    made["machine"] = {"processor": EVIL, "cores": EVIL, "load": [EVIL], "memory_bytes": "x"}
    made["figures"] = {EVIL: figure(0.0, EVIL), "huge": figure(1e299), "tiny": figure(-5e-324),
                       "zero": figure(0), "w" * 300: figure(1, "", None)}
    made["coverage"] = [[EVIL, 0, 0, 0.0]]
    made.update(commit=EVIL, finished=None)
    return made


def empty():
    return night(9, finished=None, machine=None)
