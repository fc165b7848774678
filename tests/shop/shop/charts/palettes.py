"""The shop's colours, and for any other colour the nearest of them."""

import colorsys

COLOURS = ["#c0392b", "#2980b9", "#27ae60", "#f4f4f0", "#222222", "#d9c7a3", "#8e8e86", "#f5b7c5"]
STEPS = range(8, 256, 16)


def nearest(hue, lightness, saturation):
    return min(COLOURS, key=lambda colour: distance(colour, hue, lightness, saturation))


def distance(colour, *wanted):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return sum((a - b) ** 2 for a, b in zip(colorsys.rgb_to_hls(*parts), wanted))


# Worked out when this is imported, as such tables are.
NEAREST = {
    (red, green, blue): nearest(*colorsys.rgb_to_hls(red / 255, green / 255, blue / 255))
    for red in STEPS[::2]
    for green in STEPS[::2]
    for blue in STEPS[::2]
}


def shade(part):
    """A colour for a part of the whole, between 0 and 1."""
    steps = STEPS[::2]
    place = min(int(part * len(steps)), len(steps) - 1)
    return NEAREST[steps[place], steps[2], steps[-1 - place]]
