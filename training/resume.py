"""Whether a run may go on from what lies in its folder."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipelines.decoders.auto import choose
from pipelines.loader import Place
from shards.refusal import Refusal
from shards.several import DataSet
from training.checkpoints import newest_checkpoint, read_state
from training.run import Pretrain, identity
from training.values import describe, revive

VERSIONS = ("torch", "kornia", "numpy", "numba", "timm", "scikit-learn")


def facts_of(run: Pretrain, shards: DataSet, place: Place) -> dict:
    """What a checkpoint remembers of the run beside its tensors."""
    decoder = choose(run.loader.decoder, shards.stored, place.device)
    return {
        "run": identity(describe(run)),
        "shards": shards.manifest.fingerprint,
        "decoder": {**describe(decoder), "library": decoder.library, "device": place.device.type},
        "augmented by": run.loader.views.executor(place.device),
        "threads": place.threads,
        "world": place.world,
        "compile": run.compile,
        **{name: _version(name) for name in VERSIONS},
    }


def checkpoint_to_resume(run: Pretrain) -> Path | None:
    """The newest intact checkpoint, if the run shall resume.

    Raises: ``Refusal`` if the folder is taken and the run does not resume, or if there is nothing to resume from.
    """
    newest = newest_checkpoint(run.out / "checkpoints")
    if run.resume and newest is None:
        raise Refusal(f"{run.out} holds no intact checkpoint to resume from; leave out --resume to start anew")
    if not run.resume and any((run.out / "checkpoints").glob("step-*")):
        raise Refusal(f"{run.out} holds a run already; add --resume to go on with it, or choose another --out")
    return newest if run.resume else None


def check_same_run(checkpoint: Path, now: dict, allow_decoder_change: bool) -> None:
    """Refuse to go on as another run; warn where the same run will not be the same bit by bit."""
    then = read_state(checkpoint)
    if then["shards"] != now["shards"]:
        raise Refusal(f"the shards have changed since {checkpoint} was written; resume with the same data set")
    if then["decoder"] != now["decoder"] and not allow_decoder_change:
        raise Refusal(
            f"{checkpoint} was trained with decoder {then['decoder']}, this run has {now['decoder']}: pixels would "
            "change; choose the same, or add --allow-decoder-change"
        )
    before = _leaves(_with_younger_fields(then["run"])) | _leaves(then["run"])
    changed = sorted(set(before.items()) ^ set(_leaves(now["run"]).items()))
    if changed:
        names = ", ".join(sorted({name for name, _ in changed}))
        raise Refusal(
            f"{checkpoint} was trained with other values of {names}; resume with the same, or choose another --out"
        )
    executor = then.get("augmented by", "kornia")  # older checkpoints know no other
    if executor != now["augmented by"] and not allow_decoder_change:
        raise Refusal(
            f"{checkpoint} was augmented by {executor}, this run is by {now['augmented by']}: pixels would change by "
            f"1/255 at most; add --loader.views.by {executor}, or --allow-decoder-change"
        )
    for name in ("threads", "world", "compile", *VERSIONS):
        if then.get(name, now[name]) != now[name]:  # older checkpoints do not know all of them
            print(
                f"warning: {name} was {then[name]} and is now {now[name]}; ids and draws stay the same, "
                "weights will not be bit-identical to an uninterrupted run",
                file=sys.stderr,
            )


def _with_younger_fields(then: dict) -> dict:
    """An older run in today's fields: those that it does not know have their defaults, as when a run is read."""
    try:
        return identity(describe(revive(Pretrain, then | {"loader": {"shards": ".", **then["loader"]}})))
    except (ValueError, KeyError, TypeError):  # of another version altogether: what differs will be named
        return then


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _leaves(tree: object, path: str = "") -> dict[str, str]:
    if isinstance(tree, dict):
        pairs = (_leaves(value, f"{path}.{name}" if path else name) for name, value in tree.items())
        return {name: value for part in pairs for name, value in part.items()}
    return {path: repr(tree)}
