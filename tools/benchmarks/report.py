"""What a contest found: a table to read, JSON to keep, bars to look at."""

import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from shards.refusal import Refusal
from tools.benchmarks.running import Result


def refuse_few(option: str, runs: int, least: int = 5) -> None:
    """Refuse a median of fewer runs than ``least``."""
    if runs < least:
        raise Refusal(f"--{option} must be at least {least}, got {runs}: a median of fewer says little")


def machine() -> dict[str, Any]:
    """What the figures hold for."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    return {
        "date": date.today().isoformat(), "processor": ", ".join(sorted(models)) or platform.machine(),
        "cores used": len(os.sched_getaffinity(0)), "python": platform.python_version(),
        "command": " ".join(["python", "tools/benchmark.py", *sys.argv[1:]]),
    }  # fmt: skip


def figures(results: Sequence[Result], unit: str) -> list[dict[str, Any]]:
    """Medians of each contestant's turns, and ratios to its rival, or else to the first, within each round."""
    by_name = {result.contestant.name: result for result in results}
    rows = []
    for result in results:
        row: dict[str, Any] = {"name": result.contestant.name, "versions": dict(result.versions)}
        if result.failure:
            rows.append({**row, "failure": result.failure})
            continue
        rival = by_name[result.contestant.rival or results[0].contestant.name]
        pairs = [*zip(result.turns, rival.turns, strict=False)]
        ratios = sorted((mine.items / mine.cpu) / (other.items / other.cpu) for mine, other in pairs)
        walls = sorted((mine.items / mine.wall) / (other.items / other.wall) for mine, other in pairs)
        rows.append({
            **row, "rounds": len(result.turns), "items": result.turns[0].items, "pixels": result.pixels,
            f"{unit} per CPU-second": statistics.median(turn.items / turn.cpu for turn in result.turns),
            f"{unit} per second": statistics.median(turn.items / turn.wall for turn in result.turns),
            "rival": rival.contestant.name, "pixels of rival": rival.pixels, "at least": result.contestant.least,
            "ratio": statistics.median(ratios) if ratios else None, "ratios": ratios,
            "ratio on the clock": statistics.median(walls) if walls else None,
            "turns": [turn._asdict() for turn in result.turns],
        })  # fmt: skip
    return rows


def table(title: str, rows: Sequence[Mapping[str, Any]], unit: str) -> str:
    """Lines of text, one for each contestant."""
    width = max(len(row["name"]) for row in rows) + 2
    lines = [title, f"{'':{width}}{unit + '/CPU-s':>16}{unit + '/s':>14}  ratio per CPU-second (least to most)"]
    for row in rows:
        if "failure" in row:
            lines.append(f"{row['name']:{width}}{row['failure']}")
            continue
        lines.append(
            f"{row['name']:{width}}{row[f'{unit} per CPU-second']:16.1f}{row[f'{unit} per second']:14.1f}  "
            + _ratio(row)
        )
    return "\n".join(lines)


def _ratio(row: Mapping[str, Any]) -> str:
    if row["rival"] == row["name"] or row["ratio"] is None:
        return "1" if row["rival"] == row["name"] else f"{row['rival']} did not run"
    text = f"{row['ratio']:.2f} ({row['ratios'][0]:.2f} to {row['ratios'][-1]:.2f}) of {row['rival']}"
    if row["pixels"] and row["pixels"] == row["pixels of rival"]:
        text += ", pixel for pixel the same"
    if row["at least"]:
        text += f"; at least {row['at least']:g}: {'held' if row['ratio'] >= row['at least'] else 'MISSED'}"
    return text


def write(file: Path, content: Mapping[str, Any]) -> None:
    """Write figures as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1) + "\n")


def save(file: Path, contests: Mapping[str, tuple[str, Sequence[Mapping[str, Any]]]], more: Mapping[str, Any]) -> None:
    """Write ``file`` (JSON), and beside it a picture of the same name: a bar for each contestant.

    Args:
        contests: By title: the unit of its items, and its figures.
    """
    content = {"machine": machine(), **more, "contests": {title: rows for title, (_, rows) in contests.items()}}
    write(file, content)
    sizes = [len(rows) for _, rows in contests.values()]
    figure = Figure(figsize=(9, 0.32 * sum(sizes) + 0.9 * len(sizes)), layout="constrained")
    axes = figure.subplots(len(sizes), 1, squeeze=False, height_ratios=[size + 1 for size in sizes])[:, 0]
    for axis, (title, (unit, rows)) in zip(axes, contests.items(), strict=True):
        ran = [row for row in rows if "failure" not in row][::-1]
        values = [row[f"{unit} per CPU-second"] for row in ran]
        colors = ["#c44e52" if row["name"].startswith("antipodal") else "#8c8c8c" for row in ran]
        bars = axis.barh([row["name"] for row in ran], values, color=colors)
        axis.bar_label(bars, [f"{value:.4g}" for value in values], padding=3, fontsize=8)
        axis.set_title(f"{title}: {unit} per CPU-second", loc="left", fontsize=9)
        axis.margins(x=0.12)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(file.with_suffix(".png"), dpi=120)
