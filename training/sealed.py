"""Tensors in files that are believed only as long as their checksum holds."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from shards.files import write_atomically

SEAL = "sha256"  # in a file's metadata


def digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of tensors with their names, shapes and types, in whatever order they come."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        found.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        found.update(tensor.flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()


def fingerprint(module: nn.Module) -> str:
    """SHA-256 of a module's parameters and buffers, those too that no checkpoint keeps, with their names."""
    return digest(module.state_dict() | dict(module.named_buffers()))


def save_sealed(file: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors, wherever they lie, into a file that is complete or absent."""
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(file, save(kept, {SEAL: digest(kept)}))


def read_sealed(file: Path) -> dict[str, Tensor] | None:
    """What ``save_sealed`` wrote; ``None`` if the file is gone, was cut or has changed since."""
    try:
        with safe_open(file, "pt") as opened:
            said = (opened.metadata() or {}).get(SEAL)
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    return tensors if said == digest(tensors) else None
