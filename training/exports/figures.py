"""What an evaluation has found of the exported encoder, for its model card."""

import json
from collections.abc import Iterator
from pathlib import Path

from training.evaluated import FILE, FORMAT
from training.exports.paths import short_command

ENCODERS = ("untrained", "trained")


def figures(run: Path, step: int) -> str:
    """Accuracies with standard errors and where they come from, as Markdown, or why there are none."""
    file = run / FILE
    again = f"`python training/evaluate.py {run.name}` measures it; then export again."
    if not file.is_file():
        return f"Not evaluated. {again}"
    found = json.loads(file.read_text())
    if found.get("format") != FORMAT:
        return f"Evaluated by another version of the code. {again}"
    if found["step"] != step:
        return f"Evaluated at step {found['step']}, not at this one. {again}"
    made, data = found["provenance"], found["data"]
    rows = [f"| {name} | {cells} |" for name, cells in _rows(found)]
    return (
        "Accuracy in percent ± standard error over test samples. What was chosen was chosen on "
        f"{data['validation']['samples']} samples of the training split; the test split decided nothing.\n\n"
        + "\n".join([f"| | {' | '.join(ENCODERS)} |", "| --- | ---: | ---: |", *rows])
        + f"\n\nTraining data {_split(data['train'])}, test data {_split(data['test'])}. By "
        f"`{short_command(made['command'])}` at commit {made['commit']}, {made['time']}, {made['device']}, "
        f"torch {made['versions']['torch']}."
    )


def _split(facts: dict) -> str:
    return f"{facts['samples']} samples, fingerprint {facts['fingerprint'][:12]}"


def _rows(found: dict) -> Iterator[tuple[str, str]]:
    for part, by_encoder in found.items():
        if isinstance(by_encoder, dict) and all(name in by_encoder for name in ENCODERS):
            leaves = [dict(_leaves(by_encoder[name], part)) for name in ENCODERS]
            for name in leaves[1]:
                yield name, " | ".join(one.get(name, "–") for one in leaves)


def _leaves(tree: object, path: str) -> Iterator[tuple[str, str]]:
    """Every accuracy below a part, by the names that lead to it."""
    if not isinstance(tree, dict):
        return
    if "standard error" in tree and "accuracy" in tree:
        yield path, f"{tree['accuracy']:.2f} ± {tree['standard error']:.2f}"
    for name, branch in tree.items():
        yield from _leaves(branch, f"{path}, {name}")
