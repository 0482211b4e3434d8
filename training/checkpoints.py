"""Checkpoints that are complete or absent, and that execute nothing when read.

run/checkpoints/step-00000200/tensors.safetensors   everything that moves: the method's state, the optimizer's buffers
                              state.json            everything that must not have changed, and the step
                              sha256.json           written last: checksums of the two
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from shards.files import complete_or_absent, sha256, sync_folder, write_atomically
from shards.refusal import Refusal

KEPT = 2
FILES = ("tensors.safetensors", "state.json")


def save_checkpoint(folder: Path, step: int, module: nn.Module, optimizer: torch.optim.Optimizer, facts: dict) -> Path:
    """Write the state after ``step`` steps and delete all but the newest two. Returns: the checkpoint's folder."""
    final = folder / f"step-{step:08d}"
    unfinished = folder / f"{final.name}.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    with complete_or_absent(unfinished / FILES[0]) as tensors:
        save_file(_tensors(module, optimizer), tensors)
    write_atomically(unfinished / FILES[1], json.dumps({"step": step, **facts}, indent=1).encode())
    sums = {name: sha256(unfinished / name) for name in FILES}
    write_atomically(unfinished / "sha256.json", json.dumps(sums).encode())
    sync_folder(unfinished)
    shutil.rmtree(final, ignore_errors=True)
    unfinished.rename(final)
    sync_folder(folder)
    for old in sorted(folder.glob("step-????????"))[:-KEPT]:
        shutil.rmtree(old)
    return final


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint whose checksums hold; ``None`` if there is none."""
    return next((found for found in sorted(folder.glob("step-????????"), reverse=True) if _intact(found)), None)


def _intact(checkpoint: Path) -> bool:
    try:
        sums = json.loads((checkpoint / "sha256.json").read_text())
        return all(sha256(checkpoint / name) == sums[name] for name in FILES)
    except (OSError, ValueError, KeyError):
        return False


def read_state(checkpoint: Path) -> dict:
    return json.loads((checkpoint / FILES[1]).read_text())


def load_checkpoint(
    checkpoint: Path, module: nn.Module, optimizer: torch.optim.Optimizer | None = None, only: str = ""
) -> int:
    """Restore what ``save_checkpoint`` wrote, or of the module only what begins so. Returns: the number of steps taken.

    Raises: ``Refusal`` if the tensors are not those of this module.
    """
    tensors = load_file(checkpoint / FILES[0])
    prefix = f"method.{only}"
    state = {name.removeprefix("method."): t for name, t in tensors.items() if name.startswith(prefix)}
    rest = {name: t for name, t in module.state_dict().items() if not name.startswith(only)}
    try:
        module.load_state_dict(state | rest)
    except RuntimeError as error:
        raise Refusal(f"{checkpoint} belongs to another model than the recipe's: {error}") from error
    if optimizer is not None:
        moved: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, number, kind = name.split(".")
                moved.setdefault(int(number), {})[kind] = tensor
        # torch knows what goes to the parameter's device and what, like Adam's count of steps, does not
        optimizer.load_state_dict({"state": moved, "param_groups": optimizer.state_dict()["param_groups"]})
    return read_state(checkpoint)["step"]


def _tensors(module: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    tensors = {f"method.{name}": t for name, t in module.state_dict().items()}
    for number, parameter in enumerate(_parameters(optimizer)):
        for name, value in optimizer.state[parameter].items():
            if value is not None:
                tensors[f"optimizer.{number}.{name}"] = torch.as_tensor(value)
    return {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
