"""Numbers with the units that the dashboards use, in the manner of Grafana."""

import math


def show(value, unit, decimals):
    """A value as text."""
    if not math.isfinite(value):
        return str(value)
    if unit == "percentunit":
        return f"{number(value * 100, decimals)}%"
    if unit == "s":
        return seconds(value, decimals)
    if unit == "bytes":
        return scaled(value, 1024, ["B", "KiB", "MiB", "GiB"], decimals)
    suffix = {"reqps": " req/s", "ops": " ops/s"}.get(unit, "")
    return scaled(value, 1000, ["", " K", " Mil"], decimals) + suffix


def number(value, decimals):
    """Without digits that say nothing."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def scaled(value, base, names, decimals):
    """In the largest unit that keeps it above one."""
    place = 0
    while abs(value) >= base and place < len(names) - 1:
        value, place = value / base, place + 1
    return f"{number(value, decimals)}{' ' if base == 1024 else ''}{names[place]}"


def seconds(value, decimals):
    """A time."""
    for size, name in ((86400, "days"), (3600, "hours"), (60, "mins"), (1, "s"), (1e-3, "ms")):
        if abs(value) >= size:
            return f"{number(value / size, decimals if size >= 1 else None)} {name}"
    return f"{number(value * 1e6, None)} µs" if value else "0 s"
