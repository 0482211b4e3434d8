"""Whose steps are compared: every method; SimCLR and some others with every part that adds to a step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args

import torch
from torch import Tensor, nn

from pipelines.batch import Batch
from pipelines.negatives import NoNegatives, Patches
from training.attacks import CLAE, PGD, Stillness
from training.false_negatives import FalseNegatives, KeepAll
from training.methods import ACL, BYOL, UEL, AdvCL, DynACL, Method, MoCo, Plain, RoCL, SimCLR
from training.run import Pretrain

PLAIN = "simclr"
CLASSES = 10
QUEUED = 16  # batches in MoCo's queue, as in its recipe for images


class Unmet(Stillness):
    """The norms that an attack wants, and no attack."""

    def prepare(self, method: nn.Module) -> None:
        CLAE().prepare(method)  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Contender:
    """A run whose steps are timed."""

    name: str
    """The words of the command line that ask for it, where there are some."""
    run: Pretrain
    rival: str = PLAIN
    """Whose step is taken beside it, and is the measure of it."""
    most: float | None = None
    """How many of the rival's steps it may cost."""
    support: bool = True
    """Whether the rule gets the further views that it looks at."""

    @property
    def changes_pairs(self) -> bool:
        """Whether it compares pairs of samples in a way of its own, rather than more views in another's."""
        run = self.run
        plain = type(run.attack) is Stillness and isinstance(run.loader.negatives, NoNegatives) and self.support
        return plain and run.method.negatives

    def batch(self, clips: Tensor, negatives: Tensor) -> Batch:
        """What a loader would deliver to this run: nothing that it does not look at.

        Args:
            clips: 3 b t c h w, of which the last is every further view.
            negatives: b n t c h w
        """
        ids = torch.arange(len(negatives), device=negatives.device)
        wanted = not isinstance(self.run.loader.negatives, NoNegatives)
        support = (clips[2],) * (self.run.false_negatives.support_views * self.support)
        views = tuple(clips[min(view, 2)] for view in range(self.run.method.views))
        own = negatives if wanted else negatives[:, :0]
        return Batch(views, own, ids, ids % CLASSES, support, torch.zeros_like(ids))


def members(union: Any) -> dict[str, Any]:
    """The classes of a room's union by their words on the command line."""
    return {word.name: kind for kind, word in map(get_args, get_args(union))}


def contenders(run: Pretrain) -> Iterator[Contender]:
    """Everybody, as changes of a run of plain SimCLR."""
    methods = {word: kind() for word, kind in members(Method).items() if not kind.attacked}
    methods["moco"] = MoCo(queue=QUEUED * run.loader.batch)
    yield from (Contender(word, replace(run, method=method)) for word, method in methods.items())
    words = {type(method): word for word, method in methods.items()}
    for word in (words[kind] for kind in (SimCLR, MoCo, BYOL)):
        made = replace(run, method=methods[word], loader=replace(run.loader, negatives=Patches()))
        yield Contender(f"{word} loader.negatives:patches", made, word, 1.6)
    for word in (words[kind] for kind in (SimCLR, MoCo, Plain, UEL)):
        yield Contender(f"{word} attack:clae", replace(run, method=methods[word], attack=CLAE()), most=2.1)
    yield from _attacked(run)
    yield Contender("simclr, norms for an attack, none made", replace(run, attack=Unmet()), most=1.05)
    for word, kind in members(FalseNegatives).items():
        if kind is not KeepAll:
            yield from _with_rule(f"simclr false-negatives:{word}", replace(run, false_negatives=kind()))


def _attacked(run: Pretrain) -> Iterator[Contender]:
    """Methods that are made of an attack: as many steps of SimCLR as their views are of its two, and a tenth more.

    A view that only goes forward counts a third: the way back takes twice as long. DeACL is left out: it needs a
    finished run.
    """
    rocl, acl = PGD(steps=7, stride=0.007), PGD()  # as the official codes have them
    for words, method, attack, moved, seen, trained in (
        ("rocl", RoCL(), rocl, 1, 1, 3),
        ("acl", ACL(), acl, 2, 0, 4),
        ("acl --method.pairs a2s", ACL(pairs="a2s"), acl, 1, 1, 2),
        ("acl --method.pairs a2a", ACL(pairs="a2a"), acl, 2, 0, 2),
        ("dynacl", DynACL(), acl, 2, 2, 2),
        ("advcl", AdvCL(), replace(acl, statistics="batch"), 2, 3, 5),
    ):
        views = attack.steps * moved + seen / 3 + trained
        made = replace(run, method=method, attack=attack)
        yield Contender(f"{words} attack:pgd", made, most=round(1.1 * views / 2, 2))


def _with_rule(name: str, run: Pretrain) -> Iterator[Contender]:
    if not run.false_negatives.support_views:
        yield Contender(name, run, most=1.05)
        return
    yield Contender(name, run)
    yield Contender(f"{name}, no further views", run, most=1.05, support=False)
