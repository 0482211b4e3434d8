"""Which of a file's tensors are the encoder's, by the names that official code gives them.

MoCo writes ``module.encoder_q.…`` (v3: ``module.base_encoder.…``), solo-learn and DeACL ``backbone.…``, SupContrast
``encoder.module.…`` with ``shortcut`` where timm and torchvision say ``downsample``; timm, torchvision, SimCLR's
converted weights and our own exports write the names of the network itself.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from shards.refusal import Refusal

LAYOUTS = {  # prefix of the encoder's names → whose it is; the empty one last, since all names begin so
    "encoder_q.": "MoCo (encoder_q)",
    "base_encoder.": "MoCo v3 (base_encoder)",
    "backbone.": "backbone, as of solo-learn and DeACL",
    "encoder.": "encoder, as of SupContrast",
    "": "plain, as of timm and torchvision",
}
HEADS = ("fc", "head", "heads", "classifier", "linear")  # what stands behind an encoder's features
UNCOUNTED = "num_batches_tracked"  # files by older or other libraries lack it; nothing here depends on it
SHOWN = 4


@dataclass(frozen=True)
class Laid:
    """An encoder's tensors by the network's names, whose layout they had, and which others the file holds."""

    tensors: dict[str, Tensor]
    layout: str
    left_out: tuple[str, ...]


def lay_out(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Laid:
    """Find the encoder's tensors.

    Args:
        wanted: The network's state dict.

    Raises: ``Refusal`` if no layout is known, if tensors are missing, have another shape, hold no finite numbers, or
        if the file's encoder has more than the network and a head.
    """
    bare = {_bare(name): name for name in tensors}
    if len(bare) < len(tensors):
        raise Refusal("two tensors of the file have one name but for 'module.'; save a state_dict() of one module")
    prefix = next(prefix for prefix in LAYOUTS if any(name.startswith(prefix) for name in bare))
    names = {_named(name, prefix, wanted): old for name, old in bare.items() if name.startswith(prefix)}
    found = {name: tensors[old] for name, old in names.items() if name in wanted}
    if not found:
        begins = ", ".join(sorted({name.split(".")[0] for name in tensors})[:SHOWN])
        raise Refusal(
            f"the file's {len(tensors)} names begin with {begins} and are none of the network's; known are "
            f"{'; '.join(LAYOUTS.values())}; choose the --network they belong to"
        )
    more = [name for name in names if name not in wanted and name.split(".")[0] not in HEADS]
    _refuse("that the network does not have", more, "choose the network that has them")
    missing = [name for name in wanted if name not in found and not name.endswith(UNCOUNTED)]
    _refuse("that the file does not have", missing, "choose the network that it was made for")
    _check_shapes(found, wanted)
    bad = [name for name, tensor in found.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    _refuse("that are not all finite numbers", bad, "fetch it again")
    used = {names[name] for name in found}
    return Laid(found, LAYOUTS[prefix], tuple(name for name in tensors if name not in used))


def counted(names: tuple[str, ...]) -> str:
    """Names of tensors by what they begin with, in words."""
    groups = Counter(".".join(_bare(name).split(".")[:-1][:2]) or name for name in names)
    shown = [f"{group} ({count})" for group, count in groups.most_common(SHOWN)]
    return ", ".join([*shown, *["…"] * (len(groups) > SHOWN)]) or "none"


def _bare(name: str) -> str:
    """Without what wrappers for several devices put before a module's name."""
    return ".".join(part for part in name.split(".") if part != "module")


def _named(name: str, prefix: str, wanted: Mapping[str, Tensor]) -> str:
    """As the network calls it."""
    name = name.removeprefix(prefix)
    renamed = name.replace(".shortcut.", ".downsample.")
    return renamed if name not in wanted and renamed in wanted else name


def _check_shapes(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    wrong = [
        f"{name} {tuple(tensor.shape)} where the network has {tuple(wanted[name].shape)}"
        for name, tensor in found.items()
        if tensor.shape != wanted[name].shape or tensor.is_meta or tensor.is_sparse or tensor.is_complex()
    ]
    kernels = [tensors["conv1.weight"].shape[2:] for tensors in (found, wanted) if "conv1.weight" in tensors]
    remedy = "choose the network that it was made for"
    if len({*kernels}) > 1:
        remedy = f"{'leave out' if kernels[0] > kernels[1] else 'add'} --network.small-stem, or {remedy}"
    _refuse("of another shape or kind", wrong, remedy)


def _refuse(what: str, names: list[str], remedy: str) -> None:
    if names:
        shown = "; ".join([*names[:SHOWN], *["…"] * (len(names) > SHOWN)])
        raise Refusal(f"tensors {what} ({len(names)}): {shown}; {remedy}")
