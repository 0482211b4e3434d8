"""WebDataset tars, made anew: every tar becomes one shard.

So do the tars of a data set that was made here, which is how a texture is added to them, or how they are recoded:

make_shards.py --out data/new webdataset --tars data/old
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from shards.media import TEXTURE, Kind, kind_of
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.grouped import Group, groups
from shards.sources.labels import read_labels
from shards.sources.listing import Listing
from shards.sources.names import apart, numbered, printable, tidy
from shards.sources.urls import Found, find_tars, shown

MOST, MOST_SAID = 2**31, 2**20  # bytes of an image or a video; of a label


class Item(NamedTuple):
    """One tar."""

    name: str
    """Begins the names of its samples, unless they keep theirs."""
    tar: str
    kind: Kind
    classes: tuple[tuple[str, int], ...]
    """How many there are, of the label and of each fact; empty where nothing is labelled."""
    made_here: bool

    def __str__(self) -> str:
        return self.name  # what quarantine.jsonl lists; an address may be signed


@dataclass(frozen=True)
class WebDataset:
    """Tars of the WebDataset format, here or elsewhere; also data sets that make_shards.py made."""

    tars: tuple[str, ...]
    """Tars, folders of tars, folders of one folder per split, patterns (data/*.tar, data/{000..009}.tar), addresses
    (https://…, s3://…, gs://…), which are read as they arrive. A data set that was made here brings its own split,
    medium and classes."""
    split: str = "train"
    """Split of the tars that lie in no folder of splits."""
    medium: Kind = "image"
    """What a sample is."""
    member: str | None = None
    """Extension of a sample's image or video, where it has several."""
    classes: Path | None = None
    """A file with one class name per line: labels are whole numbers, the first line is class 0."""
    class_count: int | None = None
    """Number of classes without names, or 0 if the tars have no labels."""
    label_key: str | None = None
    """Where a label is in a sample's .json; without it a label is the .cls."""

    def splits(self) -> Mapping[str, Listing]:
        if not re.fullmatch(r"[\w-]+", self.split):
            raise Refusal(f"--split {self.split!r} must be letters and digits, such as train or val")
        found: dict[str, list[Found]] = {}
        for given in self.tars:
            for part in find_tars(given, self.split):
                found.setdefault(part.split, []).append(part)
        return {split: self._listing(split, parts) for split, parts in found.items()}

    def samples(self, item: Item) -> Iterator[Sample | Rejected]:
        seen: Counter[str] = Counter()
        for group in groups(item.tar, lambda extension: _most(extension, item.kind)):
            name = group.key if item.made_here else f"{item.name}/{tidy(group.key)}"
            name, before = apart(name, seen[name]), name
            seen[before] += 1
            try:
                if item.made_here and name != before:
                    raise Refusal(f"a sample named {before!r} came before it")
                yield self._sample(name, group, item)
            except ValueError as error:
                yield Rejected(tidy(name) if item.made_here else name, str(error))

    def _listing(self, split: str, parts: list[Found]) -> Listing:
        manifest = next((part.manifest for part in parts if part.manifest), None)
        if manifest and len(parts) > 1:
            raise Refusal(f"split {split!r} is made of several data sets, one with a manifest; make them one by one")
        kind, classes = (manifest.kind, manifest.classes) if manifest else (self.medium, {"label": self._names()})
        labelled = manifest or classes["label"] != ("unlabelled",)
        counts = tuple((fact, len(names)) for fact, names in classes.items()) if labelled else ()
        tars = list(dict.fromkeys(tar for part in parts for tar in part.tars))
        stems = [tidy(PurePosixPath(shown(tar)).name.partition(".")[0]) for tar in tars]
        names = [apart(stem, before) for stem, before in zip(stems, numbered(stems).tolist(), strict=True)]
        items = [Item(name, tar, kind, counts, manifest is not None) for name, tar in zip(names, tars, strict=True)]
        return Listing(kind, classes, items, whole=True)

    def _names(self) -> tuple[str, ...]:
        if self.classes is not None and self.class_count is None:
            try:
                lines = self.classes.read_text("utf-8").splitlines()
            except (OSError, ValueError) as error:
                raise Refusal(
                    f"--classes {self.classes} is not to be read as text ({error}); check the path"
                ) from error
            names = printable([line.strip() for line in lines if line.strip()])
            if not names or len(set(names)) < len(names):
                raise Refusal(f"--classes {self.classes} must name each class once, on a line of its own")
            return names
        if self.classes is not None or self.class_count is None or self.class_count < 0:
            raise Refusal("say either --classes FILE or --class-count N; --class-count 0 if the tars have no labels")
        return tuple(map(str, range(self.class_count))) or ("unlabelled",)

    def _sample(self, name: str, group: Group, item: Item) -> Sample:
        if group.faults:
            raise Refusal("; ".join(group.faults))
        found = [ext for ext in group.files if ext != TEXTURE and kind_of(ext.rpartition(".")[2]) == item.kind]
        whole = [ext for ext in found if "." not in ext] or found
        chosen = whole if self.member is None else [ext for ext in found if ext == self.member]
        if len(chosen) != 1:
            there = ", ".join(sorted({*group.files, *group.others})[:9])
            raise Refusal(
                f"it holds {len(chosen) or 'no'} {item.kind}s, of {there[:200]}; --member names the one to take"
            )
        media = {chosen[0].rpartition(".")[2]: group.files[chosen[0]]}
        if TEXTURE in group.files:
            media[TEXTURE] = group.files[TEXTURE]
        label, *facts = read_labels(group.files, dict(item.classes), self.label_key).items() or [("label", 0)]
        return Sample(name, media, label[1], dict(facts))


def _most(extension: str, kind: Kind) -> int:
    if extension in ("cls", "json"):
        return MOST_SAID
    return MOST if extension == TEXTURE or kind_of(extension.rpartition(".")[2]) == kind else 0
