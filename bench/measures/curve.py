"""Draws what was measured against time: one SVG without script, with its target as a line."""

from collections.abc import Sequence
from html import escape
from typing import Final

from bench.measures.result import Bar

WIDTH: Final = 900
HEIGHT: Final = 260
_HEAD: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" \
font-size="11"><title>{title}</title>"""
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 16, 34, 30


def drawn(title: str, curve: Sequence[tuple[float, float]], bar: Bar | None) -> str:
    """The picture.

    Args:
        title: above all.
        curve: seconds and what was measured then, at least one point.
        bar: is drawn as a dashed line.
    """
    most = max([value for _, value in curve] + ([] if bar is None else [bar.value])) or 1.0
    last = max(curve[-1][0], 1.0)
    bottom = HEIGHT - _BOTTOM
    across, up = WIDTH - _LEFT - _RIGHT, bottom - _TOP

    def y(value: float) -> float:
        return _TOP + up * (1 - value / most)

    line = " ".join(f"{_LEFT + across * at / last:.1f},{y(value):.1f}" for at, value in curve)
    parts = [
        _HEAD.format(width=WIDTH, height=HEIGHT, title=escape(title)),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="8" y="18" font-size="13">{escape(title)}</text>',
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{WIDTH - _RIGHT}" fill="none" stroke="#888"/>',
        f'<polyline points="{line}" fill="none" stroke="#000"/>',
        f'<text x="{_LEFT - 6}" y="{_TOP + 4}" text-anchor="end">{most:,.0f}</text>',
        f'<text x="{_LEFT - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 12}" text-anchor="end">{last:,.0f} s</text>',
    ]
    if bar is not None:
        at = y(bar.value)
        parts.append(
            f'<path d="M{_LEFT} {at:.1f}H{WIDTH - _RIGHT}" stroke="#888" stroke-dasharray="6 4"/>'
            f'<text x="{_LEFT + 6}" y="{at + 14:.1f}">{escape(bar.words)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])
