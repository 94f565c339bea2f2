"""Medians, ratios and how sure they are.

A ratio of two cells is the median of its rounds' ratios: the two were measured side by side in
each round. For bench-check, ratios of two runs come with an interval from the bootstrap: the
samples of each run are drawn again with replacement, two thousand times, and the interval holds
what came out but for the tails. The seed is the row's name: the same files give the same verdict.
"""

import math
import random

RESAMPLES = 2000
CONFIDENCE = 0.99
Z = 2.576                      # two-sided 99 % of a normal distribution
MEDIAN_ERROR = 1.2533          # standard error of a median over that of a mean
SIGMA_PER_DEVIATION = 1.4826   # standard deviation over median absolute deviation


def median(values):
    """Of the known ones; None when there are none."""
    return quantile(values, 0.5)


def quantile(values, part):
    """Between the two nearest values, linearly. None values are left out."""
    ordered = sorted(value for value in values if value is not None)
    if not ordered:
        return None
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = math.ceil(place)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def summary(values):
    """Median and quartiles."""
    return median(values), quantile(values, 0.25), quantile(values, 0.75)


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values)) if values else None


def by_round(cell, field):
    """Round -> median of the cell's samples in it."""
    rounds = {}
    for index, sample in enumerate(cell["samples"] if cell else []):
        value = sample.get(field)
        if value is not None:
            rounds.setdefault(sample.get("round", index), []).append(value)
    return {number: median(values) for number, values in rounds.items()}


def ratios(ours, theirs, field, scale=1.0):
    """ours / theirs, round by round, where both have the figure."""
    above, below = by_round(ours, field), by_round(theirs, field)
    return [scale * above[number] / below[number] for number in sorted(above)
            if below.get(number, 0) > 0]


def spread(values):
    """Relative standard deviation, from the median absolute deviation; None for fewer than 3."""
    middle = median(values)
    if len(values) < 3 or not middle:
        return None
    return SIGMA_PER_DEVIATION * median([abs(value - middle) for value in values]) / abs(middle)


def resampled(before, after, combine, name):
    """Sorted outcomes of combine(median before, median after) over resampled runs."""
    draw = random.Random(name)
    return sorted(combine(redrawn_median(draw, before), redrawn_median(draw, after))
                  for _ in range(RESAMPLES))


def redrawn_median(draw, values):
    """Of as many values as there are, drawn with replacement."""
    ordered = sorted(draw.choices(values, k=len(values)))
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def tails(outcomes):
    outside = (1 - CONFIDENCE) / 2
    return quantile(outcomes, outside), quantile(outcomes, 1 - outside)


def change(before, after, name, noise=0.0):
    """(after / before, low, high) of the medians of positive values.

    The bootstrap of three to five samples is too sure of itself: samples that agree by chance give
    an interval without width. So it is never narrower than the run's usual noise allows: `noise` is
    the relative standard deviation of one sample, pooled over many rows.
    """
    factor = median(after) / median(before)
    low, high = tails(resampled(before, after, lambda old, new: new / old, name))
    error = MEDIAN_ERROR * noise * math.sqrt(1 / len(before) + 1 / len(after))
    reach = math.exp(Z * error)
    return factor, min(low, factor / reach), max(high, factor * reach)


def difference(before, after, name, noise=0.0):
    """(after - before, low, high): for figures that may be 0 or less. noise: in their unit."""
    middle = median(after) - median(before)
    low, high = tails(resampled(before, after, lambda old, new: new - old, name))
    reach = Z * MEDIAN_ERROR * noise * math.sqrt(1 / len(before) + 1 / len(after))
    return middle, min(low, middle - reach), max(high, middle + reach)
