"""Questions to Prometheus, as Grafana asks them."""

import json
import re
import urllib.parse
import urllib.request


class Prometheus:
    """A Prometheus, and the time that is shown."""

    def __init__(self, url, start, end, scrape):
        self.url, self.start, self.end = url.rstrip("/"), start, end
        self.step = max(1, int((end - start) / 240))
        seconds = max(4 * scrape, self.step + scrape)
        self.variables = {
            "__rate_interval": f"{seconds}s",
            "__range": f"{int(end - start)}s",
            "namespace": ".*",
            "job": ".*",
        }

    def ask(self, panel, target):
        """The series of a target: a list of (name, labels, [(time, value)])."""
        expression = re.sub(r"\$(\w+)", lambda found: self.variables[found[1]], target["expr"])
        if panel["type"] == "table":
            path, more = "query", {"time": self.end}
        else:
            path, more = "query_range", {"start": self.start, "end": self.end, "step": self.step}
        query = urllib.parse.urlencode({"query": expression, **more})
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
            result = json.load(answer)["data"]["result"]
        series = []
        for one in result:
            labels = one["metric"]
            points = one.get("values") or [one["value"]]
            points = [(float(at), float(value)) for at, value in points]
            series.append((name(target["legendFormat"], labels), labels, points))
        return sorted(series, key=lambda found: found[0])


def name(legend, labels):
    """The legend of a series."""
    if not legend:
        return ", ".join(f"{key}={value}" for key, value in labels.items())
    return re.sub(r"{{\s*(\w+)\s*}}", lambda found: labels.get(found[1], ""), legend)
