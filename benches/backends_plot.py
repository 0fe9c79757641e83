"""The medians of all databases as a page of bars, without anything from outside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT, LEFT = 720, 18, 110


def page(found: Sequence[Any]) -> str:
    """HTML with a group of bars for each: the bare client, engrammic, and the bound."""
    most = max(max(f.bound, f.vector) for f in found)
    groups = "".join(_group(n, f, (WIDTH - LEFT - 80) / most) for n, f in enumerate(found))
    tall = len(found) * 3 * HEIGHT
    return (
        '<!doctype html><meta charset="utf-8"><title>engrammic: ten nearest of 20,000</title>'
        "<style>body{font:14px system-ui;margin:2em}text{font:12px system-ui}</style>"
        "<h1>The ten nearest, milliseconds (median)</h1>"
        "<p>Grey: the engine's own client. Blue: engrammic; red where it breaks the bound, "
        "which is the black mark.</p>"
        f'<svg width="{WIDTH}" height="{tall}" role="img">{groups}</svg>\n'
    )


def _group(number: int, f: Any, scale: float) -> str:
    top = number * 3 * HEIGHT
    mark = LEFT + f.bound * scale
    colour = "#2563eb" if f.holds else "#dc2626"
    return (
        f'<text x="0" y="{top + HEIGHT + 4}">{escape(f.scheme)}</text>'
        + _bar(top, f.bare, scale, "#9ca3af")
        + _bar(top + HEIGHT, f.vector, scale, colour)
        + f'<line x1="{mark:.1f}" x2="{mark:.1f}" y1="{top}" y2="{top + 2 * HEIGHT}" '
        'stroke="black"/>'
    )


def _bar(top: int, value: float, scale: float, colour: str) -> str:
    wide = max(1.0, value * scale)
    return (
        f'<rect x="{LEFT}" y="{top + 1}" width="{wide:.1f}" height="{HEIGHT - 2}" '
        f'fill="{colour}"/>'
        f'<text x="{LEFT + wide + 6:.1f}" y="{top + HEIGHT - 4}">{value:.2f}</text>'
    )
