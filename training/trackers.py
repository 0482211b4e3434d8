"""Metrics as JSON lines: one line a log step, easy to read by programs and people."""

import json
from pathlib import Path

from accelerate.tracking import GeneralTracker, on_main_process

from shards.files import write_atomically


class JsonLines(GeneralTracker):
    """An Accelerate tracker that appends to ``metrics.jsonl`` in the run's folder."""

    name = "jsonlines"
    requires_logging_directory = False

    def __init__(self, folder: Path):
        super().__init__()
        self.file = folder / "metrics.jsonl"

    @property
    def tracker(self) -> Path:
        return self.file

    @on_main_process
    def store_init_configuration(self, values: dict) -> None:
        """The configuration is in run.json."""

    @on_main_process
    def log(self, values: dict, step: int | None = None, **kwargs) -> None:
        with self.file.open("a") as stream:
            stream.write(json.dumps({"step": step, **values}) + "\n")


def read_metrics(folder: Path) -> list[dict]:
    """All whole lines of a run's log; a last line that a kill cut short is left out."""
    file = folder / "metrics.jsonl"
    lines = file.read_text().split("\n")[:-1] if file.is_file() else []
    return [json.loads(line) for line in lines]


def forget_after(folder: Path, step: int) -> None:
    """Drop lines of steps after ``step``: a killed run wrote them, its resumption will write them again."""
    kept = [line for line in read_metrics(folder) if line["step"] <= step]
    write_atomically(folder / "metrics.jsonl", "".join(json.dumps(line) + "\n" for line in kept).encode())
