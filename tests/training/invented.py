"""Evaluations that nobody measured, in the form of evaluation.json, with numbers that follow from the seed."""

import json
from pathlib import Path

import numpy as np
import torch

from training.evaluation import Protocol
from training.outcomes import Outcomes
from training.robustness.radii import Robustness
from training.values import describe

RADII = ("0", "0.25", "2")
CELLS = {
    "knn/label": 1.0, "retrieval/5": 1.0, "linear": 1.0, "pgd/0": 1.0, "pgd/0.25": 0.5, "pgd/2": 0.25,
}  # fmt: skip
"""Those of a real evaluation, and how often an encoder is right there, as a share of how often its probe is."""


def evaluation(seed: int, **recipe) -> dict:
    """That of one run; ``recipe`` says in what it differs from the others."""
    encoders = ("untrained", "trained")
    curve = {radius: _share(40 - 10 * float(radius) + seed) for radius in RADII}
    fact = {"label": _share(50.0 + seed**2) | {"k": 5 + seed}}
    split = {"samples": 100, "fingerprint": "f" * 64, "folder": "somewhere"}
    return {
        "format": 2,
        "run": f"run-{seed}",
        "step": 300,
        "recipe": {
            "seed": seed, "steps": 300, "out": f"runs/{seed}", "method": {"type": "SimCLR"},
            "network": {"type": "NarrowResNet"}, "loader": {"batch": 8}, **recipe,
        },
        "protocol": describe(Protocol(robustness=Robustness(radii=(0.25, 2.0), radii_l2=(), attacked=100))),
        "data": {
            "train": split, "test": split, "validation": {"samples": 10}, "kind": "image", "known as": "cifar10",
            "classes": {"label": "e" * 64},
        },
        "provenance": _made(seed) | {"parts": {"attack": {"folder": "attack-0123", **_made(seed)}}},
        "chance": {"label": 10.0},
        "knn": {name: fact for name in ("raw pixels", *encoders)},
        "linear": {name: _share(60.0 - seed) | {"penalty": 0.01} for name in encoders},
        "geometry": {name: {"alignment": 0.5, "uniformity": -1.0 - seed} for name in encoders},
        "robustness": {name: {"attacked": 100, "pgd": curve, "noise": curve} for name in encoders},
    }  # fmt: skip


def evaluated(folder: Path, seed: int, right: float = 0.5, **recipe) -> Path:
    """A run's folder in ``folder`` with such an evaluation, and of a trained encoder that is so often right."""
    numbers, outcomes, draws = evaluation(seed, **recipe), Outcomes(), np.random.default_rng(seed)
    for cell, share in CELLS.items():
        outcomes.add(f"{cell}/trained", np.arange(100), torch.from_numpy(draws.random(100) < share * right))
    run = folder / f"run-{seed}"
    run.mkdir(parents=True)
    (run / "evaluation.json").write_text(json.dumps(numbers))
    outcomes.save(run)
    return run


def _share(accuracy: float) -> dict[str, float]:
    return {"accuracy": accuracy, "standard error": 1.5}


def _made(seed: int) -> dict:
    return {
        "command": f"evaluate.py runs/{seed}", "commit": "c" * 40, "code": "d" * 64, "versions": {"torch": "2.15.0"},
        "device": "cpu", "threads": 2, "time": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
