"""Checks of what is built that are no unit tests: headers, symbols, format, replay of inputs."""

import pathlib
import re
import subprocess

from outcome import Outcome, excerpt, run, status_text

HEADERS = pathlib.Path("impl/include")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow",
            "-Wcast-align", "-Wstrict-prototypes", "-Werror"]
CPP_WARNINGS = [flag for flag in WARNINGS if flag != "-Wstrict-prototypes"]
# Functions of libc that the library may not call: they allocate, or end the process behind the
# user's back. abort is the documented default of debug mode's report.
FORBIDDEN = {
    "malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign", "memalign", "valloc",
    "strdup", "strndup", "asprintf", "vasprintf", "getline", "getdelim", "fopen", "fdopen",
    "opendir", "scandir", "qsort", "qsort_r", "getcwd", "open_memstream", "exit",
    "_exit", "_Exit", "quick_exit", "atexit", "__cxa_atexit", "__assert_fail", "system", "popen",
}


def headers(c_compilers, cpp_compilers):
    """Every public header compiles alone, without a warning, as C11 and as C++20."""
    outcome = Outcome()
    for header in sorted(HEADERS.glob("morph/*.h*")):
        name = str(header.relative_to(HEADERS))
        # Included twice: its guard is part of the check.
        source = f'#include "{name}"\n#include "{name}"\n'
        jobs = [(compiler, ["-x", "c++", "-std=c++20", *CPP_WARNINGS])
                for compiler in cpp_compilers]
        if header.suffix == ".h":
            jobs += [(compiler, ["-x", "c", "-std=c11", *WARNINGS]) for compiler in c_compilers]
        for compiler, flags in jobs:
            done = subprocess.run(
                [compiler, *flags, f"-I{HEADERS}", "-fsyntax-only", "-"], input=source,
                capture_output=True, text=True, check=False)
            outcome.check(f"header {name}, {compiler} {flags[2]}",
                          excerpt(done.stderr) if done.returncode else "")
    return outcome


def nm(*arguments):
    """(name, kind) pairs of symbols; nothing else may be wrong with the file."""
    done = subprocess.run(["nm", *[str(part) for part in arguments]], capture_output=True,
                          text=True, check=True)
    for line in done.stdout.splitlines():
        fields = line.split()
        if len(fields) >= 2 and not line.endswith(":"):
            yield fields[-1].split("@")[0], fields[-2]


def public_symbols():
    """Names that the public headers declare with MORPH_API."""
    listing = subprocess.run(["ci/rename-symbols", "x", *sorted(HEADERS.glob("morph/*.h"))],
                             capture_output=True, text=True, check=True).stdout
    return {line.split()[1] for line in listing.splitlines() if line.startswith("#define")}


def foreign_symbols(archive, compiler):
    """What an archive needs from outside, and why that is not allowed."""
    libc = subprocess.run([compiler, "-print-file-name=libc.so.6"], capture_output=True, text=True,
                          check=True).stdout.strip()
    provided = {name for name, _ in nm("-D", "--defined-only", libc)}
    provided |= {"__tls_get_addr", "_GLOBAL_OFFSET_TABLE_"}  # of the linker
    # What any C compiler links: its own arithmetic (population count and the like).
    runtime = subprocess.run(["gcc-12", "-print-libgcc-file-name"], capture_output=True, text=True,
                             check=True).stdout.strip()
    provided |= {name for name, _ in nm("--defined-only", runtime)}
    symbols = list(nm(archive))
    defined = {name for name, kind in symbols if kind not in "Uvw"}
    needed = {name for name, kind in symbols if kind in "Uvw"} - defined
    wrong = [f"{name} is not part of libc" for name in sorted(needed - provided)]
    wrong += [f"{name} may not be called" for name in sorted(needed & FORBIDDEN)]
    return "\n".join(wrong)


def shared_symbols(archives):
    """Names that two archives of one program both define: one would silently stand for both.

    Instantiations of the standard library are alike in all, so they may be shared.
    """
    standard = re.compile(r"^_Z(N|NK|T[IVST]N?)?S[tabsiod]|^_ZNK?9__gnu_cxx|^_ZN?K?St|^DW\.ref")
    defined = [{name for name, kind in nm("--defined-only", archive)
                if kind in "TtDdBbRrVWuGgSs" and kind.isupper() or kind == "u"}
               for archive in archives]
    wrong = []
    for index, left in enumerate(archives):
        for other in range(index + 1, len(archives)):
            common = {name for name in defined[index] & defined[other] if not standard.match(name)}
            wrong += [f"{name} is defined in {left} and in {archives[other]}"
                      for name in sorted(common)]
    return "\n".join(wrong)


def symbols(build, compiler):
    """The library's symbols are what the headers say, and it needs libc alone."""
    outcome = Outcome()
    release, gcc = build / "release", build / "gcc"
    for archive in [release / "libmorph.a", gcc / "libmorph.a"]:
        outcome.check(f"{archive} needs libc alone", foreign_symbols(archive, compiler))
    public = public_symbols()
    exported = {name for name, kind in nm("-D", "--defined-only", release / "libmorph.so")}
    outcome.check("libmorph.so exports what the headers declare", "\n".join(
        [f"{name} is declared but not exported" for name in sorted(public - exported)] +
        [f"{name} is exported but not declared" for name in sorted(exported - public)]))
    reference = {name for name, _ in nm("--defined-only", release / "libmorph-reference.a")}
    outcome.check("the reference defines what the headers declare", "\n".join(
        f"{name} is missing" for name in sorted(public - reference)))
    dynamic = subprocess.run(["readelf", "-d", str(release / "libmorph.so")], capture_output=True,
                             text=True, check=True).stdout
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic)) - {"libc.so.6", "ld-linux-x86-64.so.2",
                                                             "ld-linux-aarch64.so.1"}
    outcome.check("libmorph.so needs libc alone", ", ".join(sorted(needed)))
    soname = re.search(r"SONAME.*\[(.*)\]", dynamic)
    outcome.check("libmorph.so has its soname", "" if soname and soname.group(1) ==
                  "libmorph.so.2" else f"it is {soname and soname.group(1)}")
    outcome.check("variants of the library share no symbol", shared_symbols(
        [release / f"libmorph{kind}.a" for kind in ("", "-tiny", "-renamed")]))
    return outcome


def readme(build, c_compiler, cpp_compiler):
    """The programs in README.md build without a warning, run, and end with 0."""
    outcome = Outcome()
    blocks = re.findall(r"^```(c|cpp)\n(.*?)^```$", pathlib.Path("README.md").read_text(),
                        re.MULTILINE | re.DOTALL)
    outcome.check("README.md has a program in C and one in C++",
                  "" if {kind for kind, _ in blocks} == {"c", "cpp"} else "it does not")
    folder = build / "readme"
    folder.mkdir(parents=True, exist_ok=True)
    for number, (kind, text) in enumerate(blocks, 1):
        source, program = folder / f"{number}.{kind}", folder / f"{number}"
        source.write_text(text)
        compiler, standard, warnings = (c_compiler, "-std=c11", WARNINGS) if kind == "c" else \
            (cpp_compiler, "-std=c++20", CPP_WARNINGS)
        status, output = run([compiler, standard, *warnings, f"-I{HEADERS}", source,
                              build / "release/libmorph.a", "-pthread", "-o", program])
        if status == 0:
            status, output = run([program])
        outcome.check(f"program {number} of README.md", "" if status == 0 else
                      f"{status_text(status)}\n{excerpt(output)}")
    return outcome


def quoted(page, source):
    """The page quotes the source whole, letter for letter: what is read there is what is built."""
    outcome = Outcome()
    blocks = re.findall(r"^```\w+\n(.*?)^```$", pathlib.Path(page).read_text(),
                        re.MULTILINE | re.DOTALL)
    outcome.check(f"{page} quotes {source}", "" if pathlib.Path(source).read_text() in blocks else
                  f"no block of it is the file; paste {source} again")
    return outcome


def excerpts(page, sources):
    """Each C++ block of the page is part of one of the sources, letter for letter."""
    outcome = Outcome()
    texts = [pathlib.Path(source).read_text() for source in sources]
    blocks = re.findall(r"^```cpp\n(.*?)^```$", pathlib.Path(page).read_text(),
                        re.MULTILINE | re.DOTALL)
    lost = [block for block in blocks if not any(block in text for text in texts)]
    problem = f"in no source: {lost[0].splitlines()[0]} ..." if lost else ""
    outcome.check(f"{page} quotes its sources", problem if blocks else "it quotes nothing")
    return outcome


def formatted(files):
    """clang-format would change nothing."""
    status, output = run(["clang-format-19", "--dry-run", "-Werror", *files])
    bad = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error:", output, re.MULTILINE)))
    problem = "".join(f"{path}: mend it with: make format\n" for path in bad)
    outcome = Outcome()
    outcome.check("clang-format", problem or (excerpt(output) if status != 0 else ""))
    return outcome


def replay(programs, files):
    """Each file is one test of a fuzz target, which must return from it in all its builds."""
    outcome = Outcome()
    if not files:
        outcome.check(f"{programs[0].name}: corpora/ has an input for it", "it has none")
        return outcome
    runs = [run([program, *files]) for program in programs]
    if all(status == 0 for status, _ in runs) and runs[0][1].count("Executed ") == len(files):
        outcome.passed = len(files)
        return outcome
    for path in files:  # one by one, to know which
        for program in programs:
            status, output = run([program, path], timeout=60)
            if status != 0:
                break
        outcome.check(f"{program} {path}", "" if status == 0 else
                      f"{status_text(status)}\n{excerpt(output)}")
    if not outcome.failures:
        outcome.check(programs[0].name, f"fails on all its files together\n{excerpt(runs[0][1])}")
    return outcome
