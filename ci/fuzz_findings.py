"""What becomes of an input that a fuzz target did not survive: shrunk, kept, made reproducible."""

import dataclasses
import pathlib
import re
import subprocess

import fuzz_inputs

SAID = re.compile(r"^(?:finding: .*|.*ERROR: \w+Sanitizer: .*|.*runtime error: .*|.*ALARM: .*)$",
                  re.MULTILINE)
PROGRAM = re.compile(r"^--- program\n(.*?)^--- end of program", re.MULTILINE | re.DOTALL)
SUBJECT = re.compile(r"^finding: .* on subject (\S+?):", re.MULTILINE)


@dataclasses.dataclass
class Finding:
    """A kept input: where it is, what was wrong, what shows it again."""

    target: str
    path: pathlib.Path
    text: str
    command: str


def keep(engine, options):
    """Shrinks the input of a finding and writes it below the folder options.regressions."""
    said = SAID.search(engine.text())
    text = said.group(0).strip() if said else f"ended with status {engine.status}"
    artifact = engine.finding()
    if artifact is None or not artifact.is_file():
        log = engine.artifacts / "output.txt"
        log.write_text(engine.text())
        return Finding(engine.target, log, f"{text}; it left no input", f"cat {log}")
    if fuzz_inputs.is_operations(engine.target):
        subject = SUBJECT.search(engine.text())
        printed = PROGRAM.search(engine.text())
        return keep_program(engine, options, artifact, text,
                            subject.group(1) if subject else None,
                            printed.group(1) if printed else None)
    return keep_raw(engine, options, artifact, text)


def keep_program(engine, options, artifact, text, subject, printed):
    """As text: shrunk by the suite's own shrinker, which knows operations. What the target printed
    has its own bounds in it; after a crash the bytes are all there is."""
    morphcheck = options.build / "asan/bin/morphcheck"
    name = fuzz_inputs.name_of(artifact.read_bytes())
    whole = artifact.with_name(f"{name}.morph")
    convert = subprocess.run([morphcheck, "convert", artifact, "--to", "text", "-o", whole],
                             capture_output=True, check=False)
    if convert.returncode != 0:
        return keep_raw(engine, options, artifact, text)
    if printed is not None:
        whole.write_text(printed)
    options.regressions.mkdir(parents=True, exist_ok=True)
    kept = options.regressions / f"{engine.target}-{name}.morph"
    subject = subject or failing_subject(engine, morphcheck, whole)
    command = [morphcheck, "shrink", whole, "--subject", subject, "--seconds",
               str(options.shrink_seconds), "--out", kept]
    try:
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=4 * options.shrink_seconds, check=False)
    except subprocess.TimeoutExpired:
        done = None
    if done is None or not kept.is_file():
        kept.write_text(whole.read_text())
        text += " (not shrunk: " + ("out of time" if done is None else
                                    done.stderr.decode(errors="replace").strip()[-200:]) + ")"
    return Finding(engine.target, kept, text, f"{morphcheck} replay {kept} --subject {subject}")


def failing_subject(engine, morphcheck, program):
    """After a crash the target could not say on which of its subjects: try them."""
    subjects = fuzz_inputs.subjects(engine.target)
    for subject in subjects:
        replay = subprocess.run([morphcheck, "replay", program, "--subject", subject],
                                capture_output=True, check=False)
        if replay.returncode != 0:
            return subject
    return subjects[0]


def keep_raw(engine, options, artifact, text):
    """As bytes: shrunk by libFuzzer."""
    folder = options.regressions / engine.target
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / fuzz_inputs.name_of(artifact.read_bytes())
    command = [engine.program, "-minimize_crash=1", f"-max_total_time={options.shrink_seconds}",
               f"-exact_artifact_path={kept}", artifact]
    try:
        subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=4 * options.shrink_seconds, check=False)
    except subprocess.TimeoutExpired:
        pass
    if not kept.is_file():  # it is as small as it gets
        kept.write_bytes(artifact.read_bytes())
    return Finding(engine.target, kept, text, f"{engine.program} {kept}")
