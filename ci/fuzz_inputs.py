"""Which files of corpora/ feed which fuzz target, and in which form.

Targets of operations (arena, pool, context, v1, ...) read programs in binary form; corpora/ keeps
programs as text (*.morph). Bit 7 of the first byte of the binary form chooses between the target's
two subjects (fuzz/binary.h), so each text gives two inputs. The front end's target reads a byte of
options before the source (fuzz/targets/fox.cpp). The other targets read the bytes as they are.

    corpora/seeds/TARGET/           seeds; seeds/fox/*.morph are recorded from the front end
    corpora/regressions/*.morph     findings of targets of operations, as text
    corpora/regressions/TARGET/     findings of the other targets, as they are
"""

import hashlib
import pathlib
import subprocess

CORPORA = pathlib.Path("corpora")
SEEDS = CORPORA / "seeds"
REGRESSIONS = CORPORA / "regressions"
OPERATION_TARGETS = ("arena", "pool", "general", "context", "heap", "runtime", "v1", "canary")
# Which subjects a target of operations runs, by its variant bit; else "TARGET.tiny", "TARGET".
SUBJECTS = {"v1": ("v1", "v1.runtime")}
VARIANT_BIT = 0x80
FOX_OPTIONS = (b"\x7f", b"\xff")  # no refused request; without and with debug mode


def is_operations(target):
    return target in OPERATION_TARGETS


def subjects(target):
    return SUBJECTS.get(target, (f"{target}.tiny", target))


def files_in(folder, pattern):
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def programs(target):
    """Text programs that a target of operations starts from."""
    found = files_in(SEEDS / target, "*.morph") + files_in(REGRESSIONS, "*.morph")
    if target == "context":
        found += files_in(SEEDS / "fox", "*.morph")
    return found


def forms(target, path, convert):
    """Pairs of suffix and bytes that a file of corpora/ gives."""
    if is_operations(target):
        data = convert(path)
        return [("", data), (".real", bytes([data[0] ^ VARIANT_BIT]) + data[1:])] if data else []
    data = path.read_bytes()
    if target == "fox" and path.suffix == ".fox":
        return [(f".{index}", options + data) for index, options in enumerate(FOX_OPTIONS)]
    return [("", data)]


def sources(target):
    """Files of corpora/ that feed a target."""
    if is_operations(target):
        return programs(target)
    found = [path for folder in (SEEDS / target, REGRESSIONS / target)
             for path in files_in(folder, "*") if path.suffix != ".morph"]
    if target == "text":
        found += files_in(CORPORA, "**/*.morph")
    if target == "fox":
        found += files_in(CORPORA / "fox", "**/*.fox")
    return found


def prepare(target, build, morphcheck=None):
    """Writes all inputs of a target to a folder of the build, and returns their paths."""
    folder = build / "fuzz" / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    morphcheck = morphcheck or build / "asan/bin/morphcheck"

    def convert(path):
        done = subprocess.run([morphcheck, "convert", path, "--to", "binary", "-o", "-"],
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{path} is no program: {done.stderr.decode(errors='replace')}")
        return done.stdout

    wanted = {}
    for path in sources(target):
        for suffix, data in forms(target, path, convert):
            wanted[folder / ("-".join(path.parts[1:]) + suffix)] = data
    for path in files_in(folder, "*"):
        if path not in wanted:
            path.unlink()
    for path, data in wanted.items():
        path.write_bytes(data)
    return sorted(wanted)


def name_of(data):
    """A file name that depends on the contents only."""
    return hashlib.sha1(data).hexdigest()[:12]
