"""What a split holds, in words: counts, sizes, classes, key frames, and samples that are there twice."""

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from shards.index import Index
from shards.manifest import Manifest
from shards.twins import content_keys

Twins = list[tuple[str, str]]  # (split, name) of samples with the same bytes


def census(manifest: Manifest, index: Index | None) -> dict[str, str]:
    """Headings and values for a table. ``index`` is that of all shards, or of those that can be read."""
    table = {
        "kind": manifest.kind,
        "samples": f"{manifest.samples} in {len(manifest.shards)} shards, "
        f"{sum(entry.bytes for entry in manifest.shards) / 1e6:.1f} MB",
    }
    for step, done in manifest.made.items():
        settings = ", ".join(f"{name} {value}" for name, value in done.items() if name != "name" and value is not None)
        table[step] = f"{done['name']}: {settings}" if settings else str(done["name"])
    if index is None:
        return table
    frames, height, width = index.extent.T
    order = np.argsort(height.astype(np.int64) * width, kind="stable")[[0, len(index) // 2, -1]]
    sizes = [f"{height[i]} × {width[i]}" for i in order]
    table["height × width"] = _spread(sizes, "by area: ")
    if manifest.kind == "video":
        table["frames"] = _spread(_quantiles(frames))
        rates = Counter(f"{over / max(under, 1):.4g}" if over else "unknown" for over, under in index.rate.tolist())
        table["frames/s"] = counted(rates)
        table["key frames every"] = _spread(_quantiles(_key_distances(index)), unit=" frames")
    facts = dict(zip(manifest.facts, index.facts.T, strict=True))
    for fact, labels in {"label": index.label, **facts}.items():
        table["classes" if fact == "label" else f"classes of {fact}"] = _classes(manifest.classes[fact], labels)
    return table


def twins(indexes: Mapping[str, Index]) -> list[Twins]:
    """Groups of samples whose media have the same bytes, over all of the splits."""
    names = [(split, name) for split, index in indexes.items() for name in index.name.tolist()]
    every = np.concatenate([np.empty(0, np.uint64), *(content_keys(index) for index in indexes.values())])
    order = np.argsort(every, kind="stable")
    runs = np.split(order, np.flatnonzero(np.diff(every[order])) + 1)
    return [[names[i] for i in run] for run in runs if len(run) > 1]


def counted(counts: Mapping[str, int], most: int = 5) -> str:
    """ "a 7, b 2": the most frequent first, the rest in one figure."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = [f"{len(ranked) - most} others {sum(count for _, count in ranked[most:])}"] if len(ranked) > most else []
    return ", ".join([*(f"{name} {count}" for name, count in ranked[:most]), *rest])


def _spread(three: Iterable[object], label: str = "", unit: str = "") -> str:
    least, median, most = three
    return f"{least}{unit}, all" if least == most else f"{label}least {least}, median {median}, most {most}{unit}"


def _quantiles(values: np.ndarray) -> list[int]:
    return np.sort(values)[[0, len(values) // 2, -1]].tolist()


def _key_distances(index: Index) -> np.ndarray:
    """Frames from each key frame to the next, or to the end of its video: int [all key frames]."""
    if not len(index.key_frames):
        return np.zeros(1, int)
    starts = np.diff(index.key_frames, append=0)
    runs = np.diff(index.key_frames_end, prepend=0) > 0
    last = index.key_frames_end[runs] - 1
    starts[last] = index.extent[runs, 0] - index.key_frames[last]
    return starts


def _classes(names: tuple[str, ...], labels: np.ndarray) -> str:
    counts = np.bincount(labels, minlength=len(names))
    least, most = int(counts.argmin()), int(counts.argmax())
    if counts[least] == counts[most]:
        return f"{len(names)}, each of {counts[most]}"
    return f"{len(names)}, smallest {names[least]!r} {counts[least]}, largest {names[most]!r} {counts[most]}"
