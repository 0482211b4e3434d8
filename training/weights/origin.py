"""Where a run's first weights come from, if they were trained elsewhere: RUN/origin.json."""

import json
from pathlib import Path

from shards.files import write_atomically

FILE = "origin.json"


def save_origin(run: Path, origin: dict) -> None:
    """Write it into a run's folder."""
    write_atomically(run / FILE, json.dumps(origin, indent=1, ensure_ascii=False).encode())


def origin_of(run: Path) -> dict:
    """``{"origin": …}`` as it was written; nothing of weights that antipodal drew itself."""
    file = run / FILE
    return {"origin": json.loads(file.read_text())} if file.is_file() else {}


def said(origin: dict) -> str:
    """In words: whose weights these are."""
    return f"weights from {origin['file']} (SHA-256 {origin['sha256'][:12]}), layout {origin['layout']}"
