"""Draws the panels of a Grafana dashboard from the answers of a real Prometheus into one picture.

Not Grafana: enough of its layout, units and thresholds to see whether panels show what they should.
"""

import argparse
import json
import sys
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

import draw  # noqa: E402
from prometheus import Prometheus  # noqa: E402

COLUMNS = 24
COLUMN = 0.8  # inches
LINE = 0.42  # inches


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dashboard")
    parser.add_argument("prometheus", help="its URL")
    parser.add_argument("picture", help="the PNG to write")
    parser.add_argument("--range", type=int, default=600, help="seconds before now")
    parser.add_argument("--scrape", type=int, default=5, help="seconds between scrapes")
    return parser.parse_args()


def axes(figure, place, lines):
    """The axes of a panel, with room for its title and its labels."""
    width, height = COLUMNS, lines
    left, right = (place["x"] + 0.95) / width, (place["x"] + place["w"] - 0.2) / width
    top, bottom = 1 - (place["y"] + 0.9) / height, 1 - (place["y"] + place["h"] - 1.1) / height
    return figure.add_axes((left, bottom, right - left, top - bottom))


def frame(figure, panel, lines):
    """The panel's border and title."""
    place = panel["gridPos"]
    x, y = (place["x"] + 0.05) / COLUMNS, 1 - (place["y"] + place["h"] - 0.05) / lines
    size = (place["w"] - 0.1) / COLUMNS, (place["h"] - 0.1) / lines
    if panel["type"] != "row":
        figure.add_artist(plt.Rectangle((x, y), *size, facecolor=draw.PANEL, edgecolor=draw.EDGE, zorder=-1))
    title = ("▾ " if panel["type"] == "row" else "") + panel["title"]
    figure.text(x + 0.1 / COLUMNS, 1 - (place["y"] + 0.5) / lines, title, color=draw.TEXT, fontsize=9, weight="bold", va="center")


def main():
    options = arguments()
    with open(options.dashboard, encoding="utf-8") as file:
        board = json.load(file)
    lines = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    figure = plt.figure(figsize=(COLUMNS * COLUMN, lines * LINE), facecolor=draw.BACKGROUND)
    now = time.time()
    source = Prometheus(options.prometheus, now - options.range, now, options.scrape)
    empty = []
    for panel in board["panels"]:
        frame(figure, panel, lines)
        if panel["type"] == "row":
            continue
        answers = [(source.ask(panel, target), target) for target in panel["targets"]]
        if not any(series for series, _ in answers):
            empty.append(panel["title"])
        draw.panel(axes(figure, panel["gridPos"], lines), panel, answers, (now - options.range, now))
    figure.savefig(options.picture, dpi=80, facecolor=draw.BACKGROUND)
    print(f"{options.picture}: {board['title']}, {len(board['panels'])} panels")
    if empty:
        print("no data:", ", ".join(empty))


if __name__ == "__main__":
    sys.exit(main())
