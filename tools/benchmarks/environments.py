"""Environments for peers: what they need lies over what we have, so that theirs counts where both have a package."""

import hashlib
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path


def python_with(requirements: Sequence[str], work: Path) -> Path:
    """A Python that has ``requirements`` over our own packages; our own Python if nothing is required.

    It is made once and kept in ``work``.
    Raises: ``CalledProcessError`` with pip's words if it cannot be made.
    """
    if not requirements:
        return Path(sys.executable)
    name = hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:12]
    folder = work / "environments" / name
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        venv.create(folder, with_pip=True, clear=True)
        paths = {key: sysconfig.get_path(key) for key in ("purelib", "platlib")}
        own = folder / Path(paths["purelib"]).relative_to(sys.prefix)
        (own / "below.pth").write_text("\n".join(dict.fromkeys(paths.values())) + "\n")
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
        subprocess.run(command, check=True, capture_output=True, text=True)
        ready.write_text("\n".join(requirements) + "\n")
    return python
