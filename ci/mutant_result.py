"""What is known of a mutant when its trial is over; kept as JSON in the journal."""

import dataclasses


@dataclasses.dataclass
class Detection:
    """What found the mutant, of one seed."""

    seed: int
    witness: str          # checker, "crash", "timeout"; "test NAME"
    by: str               # morphcheck, replay, endure, tests, fuzz
    subject: str = ""
    operations: int | None = None
    seconds: float = 0.0  # until it was found, from the first run of this seed on


@dataclasses.dataclass
class Result:
    """All that is known of a mutant; kept as JSON."""

    id: str
    kind: str
    expected: list
    error: str = ""
    reached: bool = False
    triggered: bool = False
    detections: list = dataclasses.field(default_factory=list)
    seeds: int = 0
    first: dict = dataclasses.field(default_factory=dict)  # witness -> in how many short runs
    others: list = dataclasses.field(default_factory=list)  # when the only checker is off
    shrunk: int | None = None
    shrunk_from: int | None = None
    build_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def detected(self):
        return bool(self.detections)
