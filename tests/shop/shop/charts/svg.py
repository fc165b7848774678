from xml.etree import ElementTree

from .palettes import shade
from .scales import heights, middle

WIDTH, HEIGHT, GAP = 24, 120, 2


def columns(*series):
    """One drawing for each series of numbers, as markup."""
    return [column(values) for values in series]


def column(values):
    svg = ElementTree.Element("svg", role="img")
    for place, height in enumerate(heights(values, HEIGHT)):
        bar = {"x": place * (WIDTH + GAP), "y": HEIGHT - height, "width": WIDTH, "height": height}
        bar["fill"] = shade(height / HEIGHT)
        ElementTree.SubElement(svg, "rect", {name: str(value) for name, value in bar.items()})
    mean = str(HEIGHT - middle(values, HEIGHT))
    ElementTree.SubElement(svg, "line", x1="0", x2="100%", y1=mean, y2=mean)
    return ElementTree.tostring(svg, encoding="unicode")
