"""The points of `scaling.py` as a picture: time for one and peak memory against size, axes logarithmic."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.scaling import STAGES, Point
from jazzgen.util.files import replacing

LOOKS = dict(zip(STAGES, (("#33658a", "o"), ("#c8553d", "s"), ("#588157", "^")), strict=True))
INK, PALE = "#333333", "#dddddd"


def draw(points: Sequence[Point], path: Path) -> None:
    """Write the picture as SVG, the same bytes for the same points."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "scaling", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        times, memory = figure.subplots(1, 2)
        for stage, of in dict.fromkeys((point.stage, point.of) for point in points):
            line = sorted(
                (p for p in points if (p.stage, p.of) == (stage, of) and all(p.item_ms)), key=lambda p: p.size
            )
            color, marker = LOOKS[stage]
            sizes = [point.size for point in line]
            style = {"color": color, "marker": marker, "markersize": 4, "linewidth": 1.2}
            label = f"{stage} (a {STAGES[stage].item})"
            times.plot(sizes, [statistics.median(point.item_ms) for point in line], **style, label=label)
            memory.plot(sizes, [max(point.peak_mb) for point in line], **style, label=stage)
        for axes, title in ((times, "milliseconds for one"), (memory, "peak memory, MB")):
            axes.set(xscale="log", yscale="log", xlabel="files, solos or takes", title=title)
            axes.set_ylim(1, None)
            axes.grid(color=PALE, linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(colors=INK)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter("{x:,.0f}")
        handles, labels = times.get_legend_handles_labels()
        once = dict(zip(labels, handles, strict=True))
        figure.legend(once.values(), once.keys(), frameon=False, loc="outside lower center", ncols=len(once))
        with replacing(path) as temporary:
            figure.savefig(temporary, format="svg", metadata={"Date": None})
