"""Evaluations that nobody measured, in the form of evaluation.json, with numbers that follow from the seed."""

RADII = ("0", "0.25", "2")


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
        "protocol": {"knn": {"temperature": 0.1}, "robustness": {"attack_steps": 20}},
        "data": {name: split for name in ("train", "test")} | {"validation": {"samples": 10}, "kind": "image"},
        "provenance": _made(seed) | {"parts": {"attack": {"folder": "attack-0123", **_made(seed)}}},
        "chance": {"label": 10.0},
        "knn": {name: fact for name in ("raw pixels", *encoders)},
        "linear": {name: _share(60.0 - seed) | {"penalty": 0.01} for name in encoders},
        "geometry": {name: {"alignment": 0.5, "uniformity": -1.0 - seed} for name in encoders},
        "robustness": {name: {"attacked": 100, "pgd": curve, "noise": curve} for name in encoders},
    }  # fmt: skip


def _share(accuracy: float) -> dict[str, float]:
    return {"accuracy": accuracy, "standard error": 1.5}


def _made(seed: int) -> dict:
    return {
        "command": f"evaluate.py runs/{seed}", "commit": "c" * 40, "code": "d" * 64, "versions": {"torch": "2.15.0"},
        "device": "cpu", "threads": 2, "time": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
