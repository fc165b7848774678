"""Small charts as SVG."""

from .svg import columns

__all__ = ["columns"]
