"""A run to a folder that others can load: weights, facts, model card, and on request ONNX."""

import json
from pathlib import Path

from safetensors.torch import save

from shards.files import sha256, write_atomically
from shards.refusal import Refusal
from training.checkpoints import FILES, newest_checkpoint, read_state
from training.encoders import Encoder
from training.exports.card import card
from training.exports.graph import FILE, as_onnx
from training.exports.lines import WEIGHTS
from training.exports.paths import short, short_command
from training.exports.plain import clips_for, plain
from training.provenance import made_by
from training.run import Pretrain
from training.sealed import fingerprint
from training.values import describe
from training.weights.origin import origin_of

FORMAT = 1  # of config.json


def export_encoder(run: Pretrain, out: Path, onnx: bool = False) -> list[str]:
    """Write the encoder of the newest checkpoint into ``out``. Returns: what was written, in lines of text.

    Raises: ``Refusal`` if there is no intact checkpoint, or if ``out`` is the run's own folder.
    """
    if out.absolute() == run.out.absolute():
        raise Refusal(f"--out {out} is the run's own folder; name another one")
    encoder, step = plain(run)
    out.mkdir(parents=True, exist_ok=True)
    written, graph = [], ""
    if onnx:
        apart = as_onnx(encoder, clips_for(run), out)
        graph = _said_of_graph(encoder, apart)
        written = [f"{out / FILE}: features differ from the encoder's by {apart:.2g} at most"]
    said = {"format": "antipodal", "normalise": json.dumps(describe(run.normalise))}
    tensors = {name: tensor.detach().contiguous().clone() for name, tensor in encoder.network.state_dict().items()}
    write_atomically(out / WEIGHTS, save(tensors, said))
    facts = _facts(run, encoder, step, out)
    write_atomically(out / "config.json", json.dumps(facts, indent=1).encode())
    write_atomically(out / "README.md", card(run, encoder, step, facts, graph).encode())
    count = sum(tensor.numel() for tensor in tensors.values())
    return [*written, f"{out / WEIGHTS}: {len(tensors)} tensors, {count} numbers, step {step}"]


def _said_of_graph(encoder: Encoder, apart: float) -> str:
    shape = "clips `b c t h w`" if encoder.sees_time else "images `b c h w`"
    return (
        f" `{FILE}` takes {shape}, RGB from 0 to 1, as `pixels`, in batches of any size, normalises them itself and "
        f"gives `features`, which differ from the encoder's by {apart:.2g} at most (onnxruntime, noise)."
    )


def _facts(run: Pretrain, encoder: Encoder, step: int, out: Path) -> dict:
    """What config.json holds, as JSON values."""
    checkpoint = newest_checkpoint(run.out / "checkpoints")
    assert checkpoint is not None, "trained has read it"
    given = run.loader.shards
    folders = [short(one) for one in ([given] if isinstance(given, Path) else given)]
    recipe, state, made = describe(run, short), read_state(checkpoint), made_by()
    return {
        "format": FORMAT,
        "architecture": recipe["network"],
        "norm": run.norm,
        "input": "b c t h w" if encoder.sees_time else "b c h w",
        "width": encoder.width,
        "side": run.loader.side,
        "clip": recipe["loader"]["clip"],
        "mean": recipe["normalise"]["mean"],
        "std": recipe["normalise"]["std"],
        "step": step,
        "branch": run.method.measured_branch,
        "averaged": bool(run.average),
        "data": {"folders": folders, "fingerprint": state.get("shards", "unknown")},
        "sha256": sha256(out / WEIGHTS),
        "encoder": fingerprint(encoder),
        "checkpoint": sha256(checkpoint / FILES[0]),
        **origin_of(run.out),
        "recipe": recipe,
        "provenance": made | {"command": short_command(made["command"])},
    }
