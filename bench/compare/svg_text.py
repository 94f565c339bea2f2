"""Text in the report: escaping, figures for people, widths, and labels that stay apart.

Everything that comes from results.json enters the page through text().
"""

import html
import re

FONT = 14  # CSS pixels; the plots are drawn for a width at which one unit is one pixel
# C0 and C1 controls, and halves of characters, are nothing that a page may hold.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Widths in parts of the font size, of the widest font among those the style names (DejaVu Sans):
# a label that fits by this estimate fits in the others.
WIDTHS = {0.29: "ijl", 0.35: "fIJ ,.;:'|/", 0.42: "rt()[]-", 0.56: "csz", 0.99: "mwMW%@+<>=—…"}
WIDTH = {letter: part for part, letters in WIDTHS.items() for letter in letters}
CAPITAL, OTHER = 0.71, 0.637


def text(value):
    """Any value as text of the page or of an attribute."""
    return html.escape(FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", str(value)), quote=True)


def element(name, attributes, *children):
    """Markup of an element. Attributes are escaped here, children are markup already."""
    opened = "".join(f' {key}="{text(value)}"' for key, value in attributes.items()
                     if value is not None)
    return f"<{name}{opened}>{''.join(children)}</{name}>"


def coordinate(value):
    """A coordinate with one decimal, the same text on every machine."""
    shown = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def width(words, size=FONT):
    """An upper estimate of the width of these words, in the unit of size."""
    parts = sum(WIDTH.get(letter) or (CAPITAL if letter.isupper() else OTHER) for letter in words)
    return parts * size


def shorten(words, room, size=FONT):
    """The words, cut with an ellipsis where they would be wider than the room."""
    if width(words, size) <= room:
        return words
    kept = words
    while kept and width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def significant(value, digits=3):
    """1234 -> 1,234; 12.34 -> 12.3; 0.001234 -> 0.00123; never with an exponent."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    exponent = int(f"{rounded:e}".split("e")[1])
    return f"{rounded:,.{min(max(digits - 1 - exponent, 0), 12)}f}"


def brief(value, digits=3):
    """significant() without zeros at the end: 0.330 -> 0.33, 64.0 -> 64."""
    shown = significant(value, digits)
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def scaled(value, units, digits):
    """A value in the largest of these units that it reaches; units are pairs, largest first."""
    for size, name in units:
        if abs(value) >= size * 0.9995:
            break
    return f"{brief(value / size, digits)} {name}"


def duration(seconds, digits=3):
    if seconds == 0:
        return "0 s"
    if seconds >= 99.95:
        minutes, rest = divmod(round(seconds), 60)
        return f"{whole(minutes)} min {rest} s" if rest else f"{whole(minutes)} min"
    return scaled(seconds, [(1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")], digits)


def size_of(count):
    """Bytes in binary units."""
    return scaled(count, [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")], 3)


def whole(value):
    """A count with groups of three."""
    return f"{value:,.0f}"


def spread(wanted, gap, low, high):
    """Positions as near as can be to the wanted ones, in order, at least gap apart, in [low, high].

    Neighbours that are too near form a block around the mean of what its members want; blocks that
    meet merge. When all do not fit, they are laid out evenly from low to high.
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda at: (wanted[at], at))
    if gap * (len(wanted) - 1) > high - low:
        gap = (high - low) / (len(wanted) - 1)
    blocks = []  # each: [sum of what the members want for the first of the block, count]
    for at in order:
        blocks.append([wanted[at], 1])
        while len(blocks) > 1 and first(blocks[-2], gap, low, high) + gap * blocks[-2][1] > first(
                blocks[-1], gap, low, high):
            total, count = blocks.pop()
            blocks[-1][0] += total - count * gap * blocks[-1][1]
            blocks[-1][1] += count
    placed = [0.0] * len(wanted)
    members = iter(order)
    for block in blocks:
        start = first(block, gap, low, high)
        for step in range(block[1]):
            placed[next(members)] = start + step * gap
    return placed


def first(block, gap, low, high):
    """Where the first member of a block stands: where its members want it, kept inside."""
    total, count = block
    return max(low, min(total / count, high - gap * (count - 1)))
