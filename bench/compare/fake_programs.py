"""Workers and a micro bench for the tests: scripts that behave as a file beside them says.

    <build>/bin/compare-library ...    print the figures that `behaviour` gives for their system
    <build>/bin/bench                  writes two rows

behaviour: system -> dict of
    seconds, asked, ...   figures of the sample
    ends                  "crash", "hang", "garbage", "no object", "out of memory", "silent",
                          "floods", "exit 1", "wrong", "no allocating"
    from_run              `ends` holds from this run on (0 by default); runs are counted
"""

import json
import pathlib
import sys

WORKERS = ("library", "library-sampled", "malloc", "malloc-sampled", "pmr", "pmr-sampled",
           "reference", "reference-sampled", "boehm", "boehm-sampled")

WORKER = """#!{python} -ISB
import json, os, signal, sys, time
words = {{}}
rest = sys.argv[1:]
while rest:
    name = rest.pop(0)
    words[name] = rest.pop(0) if rest and not rest[0].startswith("--") else True
here = os.path.dirname(os.path.abspath(__file__))
behaviour = json.load(open(here + "/behaviour.json")).get(words["--system"], {{}})
with open(here + "/calls.txt", "a+") as calls:
    calls.write(" ".join(sys.argv[1:]) + " PRELOAD=" + os.environ.get("LD_PRELOAD", "") + "\\n")
    calls.seek(0)
    run = sum("--system " + words["--system"] + " " in line for line in calls) - 1
ends = behaviour.get("ends") if run >= behaviour.get("from_run", 0) else None
lines = int(words["--lines"])
sample = {{"seconds": 1e-6 * lines, "teardown_seconds": 1e-7, "allocating_seconds": None,
          "peak_resident": 5000 * lines, "peak_asked": 4096 * lines, "objects": 100 * lines,
          "payload": 4000 * lines, "collections": None, "longest_pause_ns": None,
          "pauses_ns": None, "checksum": "c0ffee%d" % lines}}
sample.update(behaviour.get("sample", {{}}))
if "--allocating" in words and ends != "no allocating":
    sample["allocating_seconds"] = 0.25 * sample["seconds"]
if ends == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
if ends == "hang":
    if os.fork() == 0:
        open(here + "/orphan.pid", "w").write(str(os.getpid()))
    time.sleep(600)
if ends == "garbage":
    print("segmentation fault, or so")
if ends == "no object":
    print("[1, 2]")
if ends == "floods":
    while True:
        os.write(1, b"x" * 65536)
if ends == "exit 1":
    print("no such thing", file=sys.stderr)
    sys.exit(1)
if ends == "out of memory":
    print(json.dumps({{"error": "refused 64 bytes", "status": "out of memory"}}))
    sys.exit(3)
if ends == "wrong":
    sample["checksum"] = "bad"
if ends == "silent":
    sys.exit(0)
if "--timeline" in words:
    print(json.dumps({{"timeline": [{{"objects": 1, "payload": 2, "asked": 3, "resident": 4}}]}}))
print(json.dumps({{"sample": sample}}))
"""

BENCH = """#!{python} -ISB
import json, sys, time
rows = {rows}
if "--benchmark_list_tests=true" in sys.argv:
    print("\\n".join(row["work"] + "/iterations:3" for row in rows))
    sys.exit(0)
path = [word for word in sys.argv if word.startswith("--json=")][0][7:]
for count in range(1, len(rows) + 1):
    open(path, "w").write(json.dumps({{"micro": rows[:count]}}))
{end}
"""

ROWS = [{"work": "pool: allocate", "peer": "mimalloc", "unit": "ns", "ours": 1.0, "theirs": 2.0,
         "ratio": 0.5, "low": 0.4, "high": 0.6, "target": 0.6, "met": True,
         "samples": [0.5, 0.4, 0.6]},
        {"work": "pool: free", "peer": "mimalloc", "unit": "ns", "ours": 2.0, "theirs": 2.0,
         "ratio": 1.0, "low": 0.9, "high": 1.1, "target": 0.6, "met": False,
         "samples": [1.0, 0.9, 1.1]},
        {"work": "heap: pause", "peer": "", "unit": "ms", "ours": 3.0, "theirs": None,
         "ratio": None, "low": 3.0, "high": 3.0, "target": None, "met": None, "samples": [3.0]}]


def install(build, behaviour=None, bench_end=""):
    """Puts all programs under build/bin."""
    folder = pathlib.Path(build) / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "behaviour.json").write_text(json.dumps(behaviour or {}))
    scripts = {f"compare-{name}": WORKER.format(python=sys.executable) for name in WORKERS}
    scripts["bench"] = BENCH.format(python=sys.executable, rows=repr(ROWS), end=bench_end)
    for name, script in scripts.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)


def calls(build):
    """Command lines of all workers that ran, in their order."""
    path = pathlib.Path(build) / "bin/calls.txt"
    return path.read_text().splitlines() if path.exists() else []
