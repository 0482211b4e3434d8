"""The manifest: one small JSON file that says what a data set is. It is written last; where it is, all is complete."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from shards.media import Kind
from shards.refusal import Refusal
from shards.target import Target

FORMAT_VERSION = 2
FILE_NAME = "manifest.json"
SEAL_NAME = "manifest.sha256"  # for tools/check_shards.py, and for: sha256sum -c manifest.sha256


@dataclass(frozen=True)
class ShardEntry:
    """One tar and its index."""

    name: str
    """File name without ending: ``NAME.tar`` and ``NAME.index.npz`` lie beside the manifest."""
    samples: int
    bytes: int
    tar_sha256: str
    index_sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a split holds."""

    kind: Kind
    samples: int
    classes: Mapping[str, tuple[str, ...]]
    """Class names: under "label" those of the label, then one entry per fact."""
    shards: tuple[ShardEntry, ...]
    checked: tuple[str, ...] = ()
    """Libraries, with versions, that decoded every sample from end to end; data sets older than the check have none."""
    quarantined: int = 0
    """Samples that were left out; ``quarantine.jsonl`` beside the manifest says which and why."""
    made: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What was done to the media: under "recode" and "texture" its name and settings; nothing if they are as found."""
    plan: str = ""
    """Fingerprint of what was asked for, by which a making knows that this is its own result."""
    format_version: int = FORMAT_VERSION

    @cached_property
    def text(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything the manifest states, and so over every byte of the data set."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of the index's fact columns."""
        return tuple(sorted(set(self.classes) - {"label"}))

    def save(self, target: Target) -> None:
        target.write(SEAL_NAME, f"{self.fingerprint}  {FILE_NAME}\n".encode())
        target.write(FILE_NAME, self.text.encode())

    @staticmethod
    def load(folder: Path) -> "Manifest":
        """Read a data set's manifest.

        Raises: ``Refusal`` that says which folder was meant and what to type.
        """
        file = folder / FILE_NAME
        if not file.is_file():
            raise Refusal(_missing(folder))
        try:
            return Manifest.parse(file.read_bytes(), str(file))
        except OSError as error:
            raise Refusal(f"{file} cannot be read ({error.strerror})") from error

    @staticmethod
    def parse(text: bytes, where: str) -> "Manifest":
        """Read a manifest's text.

        Raises: ``Refusal`` that says where it was found.
        """
        try:
            found = json.loads(text)
            version = found["format_version"]
            if version != FORMAT_VERSION:
                raise Refusal(f"format {version}, this version reads {FORMAT_VERSION}")
            entries = tuple(ShardEntry(**entry) for entry in found.pop("shards"))
            classes = {fact: tuple(names) for fact, names in found.pop("classes").items()}
            checked = tuple(found.pop("checked", ()))
            return Manifest(classes=classes, shards=entries, checked=checked, **found)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise Refusal(f"{where} is not a readable manifest ({error}); make the shards again") from error


def _missing(folder: Path) -> str:
    if not folder.is_dir():
        return f"no folder {folder}; make shards with: python tools/make_shards.py --out {folder.parent} …"
    inside = sorted(child.name for child in folder.iterdir() if (child / FILE_NAME).is_file())
    if inside:
        return f"{folder} holds the data sets {', '.join(inside)}; name one of them, such as {folder / inside[0]}"
    return f"{folder} holds no {FILE_NAME}, so it is no finished data set; make it with: python tools/make_shards.py"
