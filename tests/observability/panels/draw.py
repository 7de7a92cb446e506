"""Panels of three types: time series, single values and tables."""

import math
from datetime import datetime

import matplotlib.dates as dates
from matplotlib.ticker import FuncFormatter, MaxNLocator

import units

BACKGROUND, PANEL, EDGE, TEXT, DIM = "#111217", "#181b1f", "#2c3036", "#d8d9da", "#8e9297"
COLOURS = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#ffb357", "#96d98d", "#fade2a"]
NAMED = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c", "blue": "#5794f2", "text": TEXT}


def panel(axes, spec, answers, span):
    """Draws one panel into its axes."""
    defaults = spec["fieldConfig"]["defaults"]
    series = [one for found, _ in answers for one in found]
    if not series:
        axes.axis("off")
        axes.text(0.5, 0.5, "No data", color=DIM, ha="center", va="center", transform=axes.transAxes)
    elif spec["type"] == "stat":
        stat(axes, defaults, series)
    elif spec["type"] == "table":
        table(axes, defaults, series)
    else:
        timeseries(axes, defaults, series, span, fixed(spec))


def fixed(spec):
    """The colours that series have by their names."""
    found = {}
    for override in spec["fieldConfig"]["overrides"]:
        for one in override["properties"]:
            if one["id"] == "color":
                found[override["matcher"]["options"]] = NAMED[one["value"]["fixedColor"]]
    return found


def colour(defaults, value):
    """The colour of a value by its thresholds."""
    steps = defaults.get("thresholds", {}).get("steps", [{"color": "green", "value": None}])
    chosen = steps[0]["color"]
    for step in steps[1:]:
        if value >= step["value"]:
            chosen = step["color"]
    return NAMED[chosen]


def stat(axes, defaults, series):
    """The last value, over its course."""
    points = [point for point in series[0][2] if not math.isnan(point[1])]
    axes.axis("off")
    if not points:
        axes.text(0.5, 0.5, "NaN", color=DIM, ha="center", va="center", transform=axes.transAxes)
        return
    last = points[-1][1]
    hue = colour(defaults, last)
    times, values = zip(*points)
    low = min(values)
    high = max(max(values), low + 1e-9)
    axes.fill_between(times, low - (high - low), values, color=hue, alpha=0.15, linewidth=0)
    axes.set_ylim(low - (high - low) * 0.2, high + (high - low) * 3)
    text = units.show(last, defaults["unit"], defaults.get("decimals"))
    axes.text(0.5, 0.55, text, color=hue, fontsize=22, ha="center", va="center", transform=axes.transAxes)


def table(axes, defaults, series):
    """A line for each series: its labels and its value."""
    axes.axis("off")
    names = sorted({key for _, labels, _ in series for key in labels})
    rows = [[labels.get(key, "") for key in names] + [units.show(points[-1][1], defaults["unit"], 0)] for _, labels, points in series]
    drawn = axes.table(cellText=rows, colLabels=names + ["value"], loc="upper center", cellLoc="left", edges="horizontal")
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(8)
    drawn.auto_set_column_width(list(range(len(names) + 1)))
    for cell in drawn.get_celld().values():
        cell.set_text_props(color=TEXT)
        cell.set_edgecolor(EDGE)
        cell.set_height(0.13)


def timeseries(axes, defaults, series, span, hues):
    """Lines over time, stacked if so said, and the line of a threshold."""
    custom = defaults.get("custom", {})
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    axes.set_facecolor(PANEL)
    base = {}
    top = 0.0
    for number, (name, _, points) in enumerate(series):
        hue = hues.get(name, COLOURS[number % len(COLOURS)])
        times = [datetime.fromtimestamp(at) for at, _ in points]
        lower = [base.get(at, 0.0) if stacked else 0.0 for at, _ in points]
        upper = [low + (0.0 if math.isnan(value) else value) if stacked else value for low, (_, value) in zip(lower, points)]
        if stacked:
            base.update({at: high for (at, _), high in zip(points, upper)})
        axes.plot(times, upper, color=hue, linewidth=custom.get("lineWidth", 1) * 1.2, label=name or "value", marker="." if len(points) < 3 else None)
        if not any(math.isnan(value) for value in upper):
            axes.fill_between(times, lower, upper, color=hue, alpha=custom.get("fillOpacity", 0) / 100, linewidth=0)
        top = max([top] + [value for value in upper if math.isfinite(value)])
    if "thresholdsStyle" in custom:
        for step in defaults["thresholds"]["steps"][1:]:
            axes.axhline(step["value"], color=NAMED[step["color"]], linewidth=0.8, linestyle="--")
            top = max(top, step["value"])
    if defaults.get("min") is not None:
        axes.set_ylim(bottom=defaults["min"], top=top * 1.08 or 1.0)
    axes.set_xlim(*(datetime.fromtimestamp(at) for at in span))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S" if span[1] - span[0] < 900 else "%H:%M"))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: units.show(value, defaults["unit"], None)))
    axes.tick_params(colors=DIM, labelsize=7, length=0)
    axes.grid(color=EDGE, linewidth=0.5)
    for side in axes.spines.values():
        side.set_visible(False)
    box = axes.get_window_extent()
    below = -22 / box.height
    legend = axes.legend(
        loc="upper left", bbox_to_anchor=(-0.02, below), fontsize=6.5, frameon=False, labelcolor=TEXT, handlelength=1,
        columnspacing=1, ncols=max(1, int(box.width / 90)),
    )
    for handle in legend.legend_handles:
        handle.set_linewidth(2)
