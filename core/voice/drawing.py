"""Dots with intervals over bands, as inline SVG for files that load nothing."""

from __future__ import annotations

import html
from collections.abc import Sequence

from core.voice.chances import Interval

WIDTH, LEFT, ROW, TOP = 820, 250, 34, 26


def dots(
    rows: Sequence[tuple[str, float, Interval, str]],
    *,
    bands: Sequence[tuple[Interval, str, str]] = (),
    beyond: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> str:
    """One line per row: its name, a dot at its value and a bar over its interval.

    Args:
        rows: (name, value, interval, remark shown on hovering).
        bands: (from-to, colour, words over it), drawn behind.
        beyond: everything above is shaded as doubtful.
        least, most: ends of the axis; by default all that is drawn fits.
    """
    ends = [end for _, _, interval, _ in rows for end in interval]
    ends += [end for band, _, _ in bands for end in band]
    low = min(ends, default=0.0) - 5 if least is None else least
    high = max(ends, default=100.0) + 5 if most is None else most
    height = TOP + ROW * len(rows) + 24

    def at(value: float) -> float:
        part = (min(max(value, low), high) - low) / max(high - low, 1e-9)
        return LEFT + part * (WIDTH - LEFT - 20)

    bottom = height - 22
    drawn = [
        f'<rect x="{at(band.low):.1f}" y="{TOP}" width="{at(band.high) - at(band.low):.1f}" '
        f'height="{bottom - TOP}" fill="{colour}"/>'
        f'<text x="{at(band.low):.1f}" y="{TOP - 7}" font-size="12">{html.escape(words)}</text>'
        for band, colour, words in bands
    ]
    if beyond is not None:
        drawn.append(
            f'<rect x="{at(beyond):.1f}" y="{TOP}" width="{at(high) - at(beyond):.1f}" '
            f'height="{bottom - TOP}" fill="#e9a01433"/>'
        )
    drawn += [
        f'<line x1="{at(value):.1f}" x2="{at(value):.1f}" y1="{TOP}" y2="{bottom}" '
        f'stroke="#8886"/><text x="{at(value):.1f}" y="{height - 6}" font-size="12" '
        f'text-anchor="middle">{value:g}</text>'
        for value in ticks(low, high)
    ]
    for place, (name, value, interval, remark) in enumerate(rows):
        y = TOP + ROW * (place + 0.5)
        said = f"{name}: {value:.0f} ({interval.low:.0f} to {interval.high:.0f}), {remark}"
        drawn.append(
            f"<g><title>{html.escape(said)}</title>"
            f'<text x="0" y="{y + 5:.1f}" font-size="14">{html.escape(name[:34])}</text>'
            f'<line x1="{at(interval.low):.1f}" x2="{at(interval.high):.1f}" y1="{y:.1f}" '
            f'y2="{y:.1f}" stroke="#333" stroke-width="2"/>'
            f'<circle cx="{at(value):.1f}" cy="{y:.1f}" r="6" fill="#4f46e5"/></g>'
        )
    label = html.escape("; ".join(f"{name} {value:.0f}" for name, value, _, _ in rows))
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}" '
        f'font-family="system-ui,sans-serif">{"".join(drawn)}</svg>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers between two ends."""
    span = max(high - low, 1e-9)
    step = next(s for s in (1, 2, 5, 10, 20, 25, 50, 100, 250, 500, 1e4, 1e6) if span / s <= 9)
    first = -(-low // step) * step
    return [first + step * n for n in range(int((high - first) // step) + 1)]
