"""The report's bars as one SVG, drawn by hand."""

from collections.abc import Iterator
from html import escape

from tests.bench.report import Report
from tests.bench.section import Bars, number

WIDTH, LABELS, FIGURES = 760, 230, 90
LINE, BAR, GAP, MARGIN = 20, 14, 18, 24
INK, FAINT, FILL = "#1f2933", "#6b7785", "#2f6fb3"
FONT = "font-family='system-ui, sans-serif' font-size='12'"


def svg(report: Report) -> str:
    """Groups below each other; within a group the longest bar fills the width."""
    groups = [bars for section in report.sections for bars in section.bars if bars.values]
    parts: list[str] = []
    y = MARGIN
    parts.append(
        _text(MARGIN, y, f"Deskstream bench on {report.stack}: {report.command}", bold=True)
    )
    for remark in report.remarks:
        y += LINE
        parts.append(_text(MARGIN, y, remark, FAINT))
    for group in groups:
        y += LINE + GAP
        parts.extend(_group(group, y))
        y += LINE * len(group.values)
    height = y + MARGIN
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' {FONT}>",
            f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>",
            *parts,
            "</svg>",
            "",
        ]
    )


def _group(bars: Bars, top: int) -> Iterator[str]:
    yield _text(MARGIN, top, f"{bars.title}, {bars.unit}", bold=True)
    longest = max(value for _, value in bars.values) or 1.0
    room = WIDTH - LABELS - FIGURES - 2 * MARGIN
    for place, (name, value) in enumerate(bars.values, 1):
        y = top + place * LINE
        width = max(value / longest * room, 1.0)
        left = MARGIN + LABELS
        yield _text(MARGIN, y, name)
        size = f"width='{width:.1f}' height='{BAR}'"
        yield f"<rect x='{left}' y='{y - BAR + 3}' {size} fill='{FILL}'/>"
        yield _text(round(left + width + 6), y, number(value), FAINT)


def _text(x: int, y: int, text: str, colour: str = INK, *, bold: bool = False) -> str:
    weight = " font-weight='600'" if bold else ""
    return f"<text x='{x}' y='{y}' fill='{colour}'{weight}>{escape(text)}</text>"
