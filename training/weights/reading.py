"""Files of weights, read without executing anything that is in them.

torch's own format is a pickle. ``torch.load(weights_only=True)`` reads it by an interpreter that knows tensors and
plain containers and refuses all else (torch >= 2.6; what older versions missed is CVE-2025-32434).
"""

import re
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from shards.refusal import Refusal, reason_of

NESTED = ("state_dict", "model")  # where official code puts the state dict: MoCo, SimCLR, solo-learn; SupContrast


class Weights(NamedTuple):
    """Tensors by name, and what the file says of them beside."""

    tensors: dict[str, Tensor]
    said: dict[str, str]


def read_weights(file: Path) -> Weights:
    """The tensors of a safetensors file or of one that ``torch.save`` wrote.

    Raises: ``Refusal`` if it is neither, damaged, or would have to be executed.
    """
    if not file.is_file():
        raise Refusal(f"{file} is no file; name one that holds weights")
    with file.open("rb") as stream:
        header = stream.read(9)
    weights = _safetensors(file) if header[8:] == b"{" else Weights(_state_dict(file, _torch(file)), {})
    if not all(isinstance(name, str) and name.isprintable() for name in weights.tensors):
        raise Refusal(f"{file} has names of tensors that cannot be printed; fetch it from somewhere else")
    return weights


def _safetensors(file: Path) -> Weights:
    try:
        with safe_open(file, "pt") as opened:
            return Weights({name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata() or {})  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise Refusal(f"{file} is no sound safetensors file ({reason_of(error)}); fetch it again") from error


def _torch(file: Path) -> Any:
    try:
        return torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
    except Exception as error:  # whatever hostile bytes provoke
        wanted = re.search(r"GLOBAL ([\w.]+)|([\w.]+) was not an allowed global", str(error))
        if wanted is None:
            raise Refusal(f"{file} is neither safetensors nor a sound file of torch.save; fetch it again") from error
        raise Refusal(
            f"{file} holds more than tensors ({wanted[1] or wanted[2]}), which reading would execute; if you trust it, "
            "save its tensors alone, as by: python -c \"import torch; torch.save(torch.load('FILE', "
            "weights_only=False)['state_dict'], 'tensors.pth')\""
        ) from error


def _state_dict(file: Path, found: Any) -> dict[str, Tensor]:
    """The tensors of what ``torch.save`` was given: a state dict, or a dictionary that holds one."""
    for name in NESTED:
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            found = found[name]
    tensors = {k: v for k, v in found.items() if isinstance(v, Tensor)} if isinstance(found, dict) else {}
    if not tensors:
        raise Refusal(
            f"{file} holds no tensors by name, neither itself nor under {' or '.join(map(repr, NESTED))}; "
            "save a module's state_dict()"
        )
    return tensors
