"""Where a figure comes from: command, commit, code, versions, machine, time."""

import hashlib
import importlib.metadata
import platform
import shlex
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import torch

ROOT = Path(__file__).parents[1]
ROOMS = ("shards", "pipelines", "training")
LIBRARIES = (
    "torch", "torchvision", "timm", "numpy", "numba", "scipy", "scikit-learn", "kornia", "accelerate", "av", "pillow",
    "simplejpeg", "opencv-python", "opencv-python-headless", "imagecorruptions-imaug", "pyautoattack",
)  # fmt: skip


def made_by() -> dict:
    """Who makes something now, as JSON values."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or platform.machine()
    return {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "commit": commit(),
        "code": code_fingerprint(),
        "versions": versions(),
        "device": device,
        "threads": torch.get_num_threads(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@cache
def versions() -> dict[str, str]:
    """Of Python and of those libraries that decide numbers, as far as they are there."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


@cache
def commit() -> str:
    """The checkout's commit, with "+" behind it if files differ from it; "none" without git."""
    try:
        said = [_git("rev-parse", "HEAD"), "+" if _git("status", "--porcelain", "--untracked-files=no") else ""]
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return "".join(said)


@cache
def code_fingerprint() -> str:
    """SHA-256 of all code from shards to training: what it computes may change with it."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _git(*words: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *words], check=True, capture_output=True, text=True).stdout.strip()
