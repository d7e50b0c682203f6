"""What `load-tests/run` writes: one table with targets, and plots that Markdown shows by itself (mermaid's xychart)."""

# Ratio in the last line; what it is; whether it meets its target, and the target in words.
TARGETS = [
    ("B1", "payments/s through a real broker ÷ a bare consume and produce loop", lambda v: v >= 0.5, "≥ 0.5"),
    ("B2", "payments/s of the engine without Kafka ÷ the model alone, ONNX Runtime, batches of 32", lambda v: v >= 0.7, "≥ 0.7"),
    ("B2_trees", "the same, both on the tree kernel", lambda v: v >= 0.4, "≥ 0.4"),
    ("B2_kernel", "the tree kernel ÷ ONNX Runtime, batches of 32", lambda v: v >= 4, "≥ 4"),
    ("B3", "fold: times as fast as a Dictionary of objects", lambda v: v >= 5, "≥ 5"),
    ("B3_ns", "fold: ns an event", lambda v: v <= 500, "≤ 500"),
    ("B4", "latency ÷ that of the bare loop, by rate", lambda v: all(of <= 1.5 for rate in v.values() for of in rate.values()), "p99 and p99.9 ≤ 1.5"),
    ("B5", "÷ the same job on Kafka Streams and Flink", lambda v: all(of >= (5 if "kstreams" in key or "messagepack" in key else 3) if "cpu" in key else of <= (0.1 if "exactly" in key else 1 / 3) for key, of in v.items()),
     "payments per CPU-second: JSON ≥ 5 and ≥ 3, MessagePack ≥ 5; p99 ≤ 1/3, exactly once ≤ 1/10"),
    ("B6_kill_s", "kill -9 with 1 GB of state → next decision, s", lambda v: v < 5, "< 5"),
    ("B6_promotion_s", "a follower's promotion → its first decision, s", lambda v: v < 1, "< 1"),
    ("B7", "scale: slope of the cost of a payment, logarithmic", lambda v: all(slope <= (1 if sweep == "features" else 0.2) for sweep, slope in v.items()), "features ≤ 1, all others ≤ 0.2"),
    ("B8", "memory while nothing can be written: second half's largest ÷ first half's", lambda v: v <= 1.2, "flat"),
    ("B9", "CPU a payment with an option ÷ without", None, "stated"),
    ("B9_shadow", "with a shadow model, against 1 + its own inference", lambda v: v["cpu"] <= v["one_and_its_inference"], "no more"),
]


class Report:
    def __init__(self, machine):
        self.machine, self.lines = machine, {}

    def add(self, name, lines):
        self.lines[name] = lines or []

    def text(self, ratios):
        rows = [f"| {name.split('_')[0]} | {what} | {target} | {shown(ratios[name])} | {verdict(ratios[name], is_met)} |" for name, what, is_met, target in TARGETS if name in ratios]
        plots = [*self.latency_by_rate(), *self.percentiles(), *self.stages()]
        return "\n".join([
            "# Results", "", f"`{self.machine['command']}`, {self.machine['started_at']}; {self.machine['cores']} cores of {self.machine['cpu']}, load {self.machine['load_average_at_start']:.1f} at the start.", "",
            "| | what | target | measured | |", "|---|---|---|---|---|", *rows, "", *plots, ""])

    def latency_by_rate(self):
        summaries = [line for line in self.lines.get("B4", []) if "ratio_p99_ms" in line]
        if not summaries:
            return []
        series = [("pipeline", [line["pipeline_p99_ms"]["median"] for line in summaries]), ("bare loop", [line["bare_p99_ms"]["median"] for line in summaries])]
        return chart("Throughput against latency: p99, ms", "payments/s", [f"{line['rate']:,}" for line in summaries], "ms", series)

    def percentiles(self):
        summaries = [line for line in self.lines.get("B4", []) if "ratio_p99_ms" in line]
        plots = []
        for line in summaries:
            series = [(name, [line[f"{key}_{figure}"]["median"] for figure in ("p50_ms", "p99_ms", "p999_ms", "max_ms")]) for key, name in (("pipeline", "pipeline"), ("bare", "bare loop"))]
            plots += chart(f"Latency at {line['rate']:,} payments/s, ms", "percentile", ["50", "99", "99.9", "100"], "ms", series)
        return plots

    def stages(self):
        plots = []
        for name, engine in (("B2", "ONNX Runtime"), ("B2_trees", "the tree kernel")):
            for line in self.lines.get(name, []):
                if "microseconds_per_payment" in line and "runs" in line:
                    stages = line["microseconds_per_payment"]
                    plots += chart(f"Time per stage, {engine}, batches of {line['batch_rows']}: µs of CPU a payment", "stage", list(stages), "µs", [("", [stage["median"] for stage in stages.values()])], kind="bar")
        return plots


def shown(value):
    if value is None:
        return "failed"
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')}: {shown(of)}" for key, of in value.items())
    return f"{value:g}"


def verdict(value, is_met):
    return "**failed**" if value is None else "" if is_met is None else "met" if is_met(value) else "**missed**"


def chart(title, x, labels, y, series, kind="line"):
    top = max(value for _, values in series for value in values)
    names = ", ".join(name for name, _ in series if name)
    return ["", f"## {title}", *([f"In this order: {names}."] if names else []), "", "```mermaid", "xychart-beta", f'    x-axis "{x}" [{", ".join(chr(34) + label + chr(34) for label in labels)}]',
            f'    y-axis "{y}" 0 --> {top * 1.1:.4g}', *(f'    {kind} [{", ".join(f"{value:g}" for value in values)}]' for _, values in series), "```"]
