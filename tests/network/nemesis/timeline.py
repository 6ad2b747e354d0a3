"""Draws a campaign: what was wrong where and when, and how much was committed meanwhile.

One SVG without script, in greys that a printer can do; rows of nodes, one of everybody, and a curve.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 1200
_LEFT, _RIGHT, _TOP, _ROW, _CURVE = 110, 12, 34, 22, 110
_STEPS: Final = 240
"""Points of the curve at most."""
_SHADES: Final = {
    "kill": "#222", "kill all": "#222", "freeze": "#666", "freeze all": "#666",
    "full disk": "#444", "clock": "#999", "cable": "#555",
    "partition": "url(#down)", "split": "url(#down)", "cut": "url(#up)",
    "mute": "url(#wide)", "deaf": "url(#wide)",
}  # fmt: skip
_LIGHT: Final = "#ccc"
_HEAD: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" \
font-size="11"><title>{title}</title>
<defs><pattern id="down" width="5" height="5" patternUnits="userSpaceOnUse">\
<rect width="5" height="5" fill="#eee"/><path d="M0 0L5 5" stroke="#000"/></pattern>
<pattern id="up" width="5" height="5" patternUnits="userSpaceOnUse">\
<rect width="5" height="5" fill="#eee"/><path d="M0 5L5 0" stroke="#000"/></pattern>
<pattern id="wide" width="4" height="4" patternUnits="userSpaceOnUse">\
<rect width="4" height="4" fill="#eee"/><path d="M2 0V4" stroke="#444"/></pattern></defs>
<rect width="{width}" height="{height}" fill="#fff"/><text x="8" y="18" font-size="13">{title}</text>
"""


@dataclass(frozen=True, slots=True)
class Band:
    """One fault at one place; times in seconds since the campaign began."""

    row: str
    kind: str
    begins_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Point:
    """Something that happened at one moment."""

    what: str
    at_s: float


def drawn(
    title: str,
    rows: Sequence[str],
    bands: Sequence[Band],
    points: Sequence[Point],
    commits_s: Sequence[float],
    seconds: float,
) -> str:
    """The picture as SVG.

    Args:
        title: above all.
        rows: from top to bottom.
        bands: faults.
        points: changes of the committee.
        commits_s: when each bundle was committed.
        seconds: how long it all took.
    """
    bottom = _TOP + _ROW * len(rows)
    height = bottom + _CURVE + 40
    scale = (WIDTH - _LEFT - _RIGHT) / max(seconds, 1)
    parts = [_HEAD.format(width=WIDTH, height=height, title=escape(title))]
    parts.append(legend({band.kind for band in bands}))
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number
        parts.append(
            f'<text x="8" y="{y + 15}">{escape(row)}</text>'
            f'<path d="M{_LEFT} {y + _ROW}H{WIDTH - _RIGHT}" stroke="#ddd"/>\n'
        )
        parts += [_band(band, y, scale) for band in bands if band.row == row]
    for point in points:
        x = _LEFT + point.at_s * scale
        parts.append(
            f'<path d="M{x:.1f} {_TOP}V{bottom + _CURVE}" stroke="#000" stroke-dasharray="2 3"/>'
            f'<text x="{x + 2:.1f}" y="{bottom + 12}">{escape(point.what)}</text>\n'
        )
    parts.append(_curve(commits_s, seconds, bottom + _CURVE, scale))
    parts.append(_axis(seconds, bottom + _CURVE, scale))
    return "".join(parts) + "</svg>\n"


def legend(kinds: Collection[str]) -> str:
    """What each shade stands for, behind the title."""
    by_fill: dict[str, list[str]] = {}
    for kind in (*_SHADES, *sorted(set(kinds) - set(_SHADES))):
        if kind in kinds:
            by_fill.setdefault(_SHADES.get(kind, _LIGHT), []).append(kind)
    parts, x = [], 2 * _LEFT
    for fill, each in by_fill.items():
        said = ", ".join(each)
        parts.append(
            f'<rect x="{x}" y="9" width="14" height="10" fill="{fill}"/>'
            f'<text x="{x + 18}" y="18" font-size="9">{escape(said)}</text>'
        )
        x += 28 + 5 * len(said)
    return "".join(parts) + "\n"


def _band(band: Band, y: int, scale: float) -> str:
    x, wide = _LEFT + band.begins_s * scale, max(1.5, (band.ends_s - band.begins_s) * scale)
    fill = _SHADES.get(band.kind, _LIGHT)
    dark = fill in ("#222", "#444", "#555", "#666")
    said = band.kind if wide > 6 * len(band.kind) else ""
    halo = "" if fill.startswith("#") else ' stroke="#fff" stroke-width="3" paint-order="stroke"'
    label = (
        f'<text x="{x + 2:.1f}" y="{y + 15}" fill="{"#fff" if dark else "#000"}"{halo}>{said}</text>'
        if said
        else ""
    )
    return (
        f'<rect x="{x:.1f}" y="{y + 3}" width="{wide:.1f}" height="{_ROW - 6}" fill="{fill}">'
        f"<title>{escape(band.kind)} {band.begins_s:.1f}–{band.ends_s:.1f} s</title></rect>{label}\n"
    )


def _curve(commits_s: Sequence[float], seconds: float, bottom: int, scale: float) -> str:
    """Bundles a second."""
    step = max(1.0, seconds / _STEPS)
    counts = [0] * (int(seconds / step) + 1)
    for at_s in commits_s:
        if 0 <= at_s <= seconds:
            counts[int(at_s / step)] += 1
    most = max(counts) / step or 1
    line = " ".join(
        f"{_LEFT + (place + 0.5) * step * scale:.1f},{bottom - 84 * count / step / most:.1f}"
        for place, count in enumerate(counts)
    )
    return (
        f'<text x="8" y="{bottom - 76}">{most:.1f} bundles/s</text>'
        f'<text x="8" y="{bottom}">0</text>'
        f'<polyline fill="none" stroke="#000" points="{line}"/>\n'
    )


def _axis(seconds: float, bottom: int, scale: float) -> str:
    step = next((each for each in (5, 10, 30, 60, 120, 300) if seconds / each <= 20), 600)
    marks = "".join(
        f'<path d="M{_LEFT + at * scale:.1f} {bottom}v5" stroke="#000"/>'
        f'<text x="{_LEFT + at * scale:.1f}" y="{bottom + 18}" text-anchor="middle">{at} s</text>'
        for at in range(0, int(seconds) + 1, step)
    )
    return f'<path d="M{_LEFT} {bottom}H{WIDTH - _RIGHT}" stroke="#000"/>{marks}\n'
