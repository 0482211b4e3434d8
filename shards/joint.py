"""What several data sets hold together, said as the manifest of one says it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from shards.media import Kind
from shards.read import Shards
from shards.refusal import Refusal


@dataclass(frozen=True)
class JointManifest:
    """What consumers of a ``Manifest`` ask for."""

    kind: Kind
    classes: Mapping[str, tuple[str, ...]]
    """Class names: those of all data sets, in the order in which they come; of facts, those that all data sets have."""
    checked: tuple[str, ...]
    """Libraries that decoded every sample of every data set."""
    fingerprint: str
    """SHA-256 over the fingerprints of all data sets in their order."""

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of the index's fact columns."""
        return tuple(sorted(set(self.classes) - {"label"}))


def join(parts: Sequence[Shards]) -> JointManifest:
    """Join what data sets say of themselves.

    Raises: ``Refusal`` if they are not of one kind, or if two of them are the same.
    """
    _check_alike(parts)
    manifests = [part.manifest for part in parts]
    facts = set.intersection(*({*manifest.classes} for manifest in manifests))
    return JointManifest(
        kind=manifests[0].kind,
        classes={fact: tuple(dict.fromkeys(chain(*(m.classes[fact] for m in manifests)))) for fact in sorted(facts)},
        checked=tuple(sorted(set.intersection(*({*manifest.checked} for manifest in manifests)))),
        fingerprint=hashlib.sha256("\n".join(manifest.fingerprint for manifest in manifests).encode()).hexdigest(),
    )


def _check_alike(parts: Sequence[Shards]) -> None:
    first, seen = parts[0], {}
    for part in parts:
        if (part.manifest.kind, part.stored) != (first.manifest.kind, first.stored):
            raise Refusal(
                f"{first.folder} holds {_kept(first)}, {part.folder} {_kept(part)}; train on data sets of one kind"
            )
        same = seen.setdefault(part.manifest.fingerprint, part)
        if same is not part:
            raise Refusal(
                f"{same.folder} and {part.folder} are the same samples, which would meet as strangers; "
                "name them once, with more weight if they shall come more often"
            )


def _kept(part: Shards) -> str:
    return "videos as frames" if part.stored == "frames" else f"{part.manifest.kind}s"
