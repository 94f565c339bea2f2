"""Figures as people read them. What is not known is a dash, never 0."""

DASH = "-"


def number(value, digits=3):
    """With so many significant digits, and no exponent as far as anybody can read it."""
    if value is None:
        return DASH
    if value == 0:
        return "0"
    text = f"{value:.{digits}g}"
    if "e" in text and 1e-6 <= abs(value) < 1e15:
        text = f"{value:.0f}" if abs(value) >= 1 else f"{value:.9f}".rstrip("0")
    return text


def milliseconds(seconds):
    return DASH if seconds is None else number(seconds * 1e3)


def nanoseconds(value):
    """A duration in the unit that suits it."""
    if value is None:
        return DASH
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if value >= size:
            return f"{number(value / size)} {unit}"
    return f"{number(value)} ns"


def size(value):
    """Bytes; KB, MB and GB are 1,024 of each other."""
    if value is None:
        return DASH
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if abs(value) >= unit:
            return f"{value / unit:.1f} {name}"
    return f"{value:.0f} B"


def percent(part):
    return DASH if part is None else f"{100 * part:.0f} %"


def count(value):
    return DASH if value is None else f"{value:,.0f}"
