"""Installs the library into a folder of its own and builds programs against that copy only."""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile

from outcome import Outcome, excerpt, run, status_text

SOURCES = pathlib.Path(__file__).resolve().parent
# What users might write. embedding.c is quoted by docs/embedding.md.
PROGRAMS = ["compile.c", "embedding.c", "runtime.cpp", "collected.cpp"]
INSTALLED = ["lib/libmorph.a", "lib/libmorph.so", "lib/libmorph.so.2", "lib/pkgconfig/morph.pc",
             "lib/cmake/MorphMemory/MorphMemoryConfig.cmake",
             "lib/cmake/MorphMemory/MorphMemoryConfigVersion.cmake"]


def consumers(build, compilers):
    """compilers: (C, C++). In a folder outside the tree, so that only what is installed counts."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="morph-consumers-") as name:
        folder = pathlib.Path(name)
        prefix = folder / "prefix"
        if not install(outcome, build, prefix):
            return outcome
        through_pkg_config(outcome, folder, prefix, compilers)
        through_cmake(outcome, folder, prefix, compilers)
        staged(outcome, build, folder)
    return outcome


def install(outcome, build, prefix):
    status, output = run(["make", "--no-print-directory", "install", f"BUILD={build}",
                          f"PREFIX={prefix}", "DESTDIR="])
    missing = [path for path in INSTALLED + headers() if not (prefix / path).is_file()]
    problem = excerpt(output) if status != 0 else "".join(f"{path} is missing\n"
                                                         for path in missing)
    outcome.check("make install", problem)
    return not problem


def headers():
    return [f"include/morph/{path.name}"
            for path in pathlib.Path("impl/include/morph").glob("*.h*")]


def through_pkg_config(outcome, folder, prefix, compilers):
    environment = {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}

    def ask(*arguments):
        return shlex.split(subprocess.run(
            ["pkg-config", *arguments, "morph"], env={**os.environ, **environment},
            capture_output=True, text=True, check=True).stdout)

    for source in PROGRAMS:
        compiler, standard = (compilers[0], "-std=c11") if source.endswith(".c") else \
            (compilers[1], "-std=c++20")
        shutil.copy(SOURCES / source, folder)
        for kind in ["shared", "static"]:
            # The archive is named itself: -lmorph would find the shared library beside it.
            libraries = ask("--libs") if kind == "shared" else \
                [str(prefix / "lib/libmorph.a"), "-pthread"]
            program = folder / f"{source}.{kind}"
            status, output = run([compiler, standard, "-Wall", "-Wextra", "-Werror", *ask(
                "--cflags"), source, *libraries, "-o", program], folder=folder)
            finish(outcome, f"consumer {source}, pkg-config, {kind}", program, status, output,
                   prefix if kind == "shared" else None)


def through_cmake(outcome, folder, prefix, compilers):
    for source in ["CMakeLists.txt", *PROGRAMS]:
        shutil.copy(SOURCES / source, folder)
    environment = {"CC": compilers[0], "CXX": compilers[1]}
    status, output = run(["cmake", "-S", ".", "-B", "out", f"-DCMAKE_PREFIX_PATH={prefix}"],
                         folder=folder, environment=environment)
    if status == 0:
        status, output = run(["cmake", "--build", "out"], folder=folder)
    for program in [source.split(".")[0] for source in PROGRAMS]:
        for kind in ["memory", "memory_static"]:
            finish(outcome, f"consumer {program}, CMake, morph::{kind}",
                   folder / "out" / f"{program}_{kind}", status, output, None)


def finish(outcome, name, program, status, output, library_prefix):
    """Runs the program that the build gave, if it gave one."""
    if status == 0:
        environment = {"LD_LIBRARY_PATH": str(library_prefix / "lib")} if library_prefix else {}
        status, output = run([program], environment=environment, folder=program.parent)
        if status == 0 and "2.0.0" not in output:
            status = 1
    outcome.check(name, "" if status == 0 else f"{status_text(status)}\n{excerpt(output)}")


def staged(outcome, build, folder):
    """DESTDIR goes before every path and into none of the files."""
    stage = folder / "stage"
    status, output = run(["make", "--no-print-directory", "install", f"BUILD={build}",
                          "PREFIX=/opt/morph", f"DESTDIR={stage}"])
    problem = excerpt(output) if status != 0 else ""
    if not problem:
        text = (stage / "opt/morph/lib/pkgconfig/morph.pc").read_text()
        if "prefix=/opt/morph\n" not in text or str(stage) in text:
            problem = f"morph.pc does not have the prefix:\n{text}"
    outcome.check("make install with DESTDIR", problem)
