"""Run by test_two_processes in two processes: each checks its DDP gradient against that of the whole batch.

One pair of processes for all checks: to start two of them costs more than each check does.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch
import torch.distributed as dist
from chunks_in_two_processes import check_chunks, chunked_alone
from ids_in_two_processes import ids_of
from synced_in_two_processes import check_all
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from pipelines.batch import Batch
from training.attacks import CLAE, PGD
from training.encoders import Encoder
from training.false_negatives import Oracle
from training.false_negatives.by_sample import BySample
from training.gather import collect, deal
from training.heads import Head
from training.methods import ACL, BYOL, UEL, AdvCL, DynACL, Method, MoCo, Plain, RoCL, SimCLR, SupCon, Supervised
from training.methods.advcl import AdvCLModule
from training.methods.attacked import Attacked
from training.methods.method import Adversarial, Contrastive, MethodModule
from training.methods.moco import MoCoModule
from training.norms import Norm, normalise_by

SMALL = Head(hidden=8, out=8)
CONTROLS = BYOL(head=SMALL, predictor=SMALL), Supervised(classes=3)
ATTACKED = RoCL(head=SMALL), ACL(head=SMALL), ACL(pairs="a2s", head=SMALL), ACL(pairs="a2a", head=SMALL)
FAMILY = DynACL(head=SMALL), AdvCL(head=SMALL, clusters=(2, 3), start=0.0, coarse=1.0)
METHODS = (
    SimCLR(),
    MoCo(queue=16, symmetric=True),
    MoCo(queue=16),
    Plain(),
    UEL(),
    SupCon(),
    *CONTROLS,
    *ATTACKED,
    *FAMILY,
)
NORMS: tuple[Norm, ...] = "group", "synchronised"
OWN_BATCH = SimCLR(), MoCo(queue=16)  # one without and one with a second encoder show that a difference is seen
STEPS = 2  # MoCo's queue and AdvCL's clusters are empty at the first


def build(method: Method, norm: Norm) -> MethodModule:
    torch.manual_seed(0)
    first = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.Tanh(), nn.Flatten()
    network = nn.Sequential(*first, nn.Linear(4 * 4 * 4, 6, bias=False), nn.BatchNorm1d(6), nn.Tanh())
    module = method.build(Encoder(network, 6, sees_time=False), Oracle(in_attack=method.attacked), samples=12)
    normalise_by(module, norm)
    attack = attack_of(module)
    if attack is not None:
        attack.prepare(module)
    return module.double()


def attack_of(module: MethodModule) -> CLAE | PGD | None:
    if isinstance(module, Attacked):
        return PGD(steps=2)
    return CLAE() if isinstance(module, Contrastive) else None


def attacked(module: MethodModule, batch: Batch) -> Adversarial | None:
    attack = attack_of(module)
    return None if attack is None else attack(module, batch)


def part(step: int, here: slice, views: int = 2) -> Batch:
    draw = torch.Generator().manual_seed(step)
    one, other, weak = (torch.rand(6, 1, 3, 4, 4, dtype=torch.float64, generator=draw) for _ in range(3))
    ids, labels = torch.tensor([0, 1, 2, 0, 4, 5]) + 3 * step, torch.tensor([0, 1, 2, 0, 1, 1])  # one id twice
    negatives = torch.stack([one.flip(-1), one.flip(-2)], 1)
    epochs = torch.tensor([0, 0, 0, 1, 0, 0])
    seen = one[here], other[here], weak[here]
    return Batch(seen[:views], negatives[here], ids[here], labels[here], epochs=epochs[here], seed=step)


def train(module: MethodModule, wrapped: nn.Module, here: slice) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Gradients of all steps, and all buffers after the last: running statistics and MoCo's queue."""
    slopes = []
    for step in range(STEPS):
        module.zero_grad()
        batch = part(step, here, 3 if isinstance(module, AdvCLModule) else 2)
        outcome = wrapped(batch, attacked(module, batch))
        outcome.loss.backward()
        slopes += [p.grad.clone() for p in module.parameters() if p.grad is not None]
        with torch.no_grad():
            for parameter in module.parameters():
                if parameter.grad is not None:
                    parameter.sub_(parameter.grad, alpha=0.1)
        module.advance(outcome, batch, 1.0)
    return slopes, list(module.buffers())


def compared(expected: list[torch.Tensor], found: list[torch.Tensor]) -> str:
    pairs = zip(expected, found, strict=True)
    return "same" if all(torch.allclose(one, two, rtol=1e-9, atol=1e-13) for one, two in pairs) else "other"


def check_dealing(half: slice) -> None:
    """Dealt rows come from everybody and go back; what they change is a process's own batch norms, and nothing else."""
    rows = torch.arange(12).view(6, 2)[half]
    dealt = deal(rows)
    assert dealt[:, 0].tolist() == [[0, 4, 8], [2, 6, 10]][dist.get_rank()] and torch.equal(collect(dealt), rows)
    views = part(0, half).views[0]
    for norm in (*NORMS, "batch"):
        module = build(MoCo(), norm)
        assert isinstance(module, MoCoModule)
        keys = module.target(views)
        module.knobs = replace(module.knobs, shuffle=False)
        assert torch.allclose(keys, module.target(views), rtol=1e-9) == (norm != "batch")


def remember(here: slice) -> dict[str, torch.Tensor]:
    """What is left of three steps, clusters included; only process 0 finds them."""
    memory = BySample(samples=14, width=4, count=3, refresh=0.5)
    for step in range(3):
        draw = torch.Generator().manual_seed(step)
        rows = torch.nn.functional.normalize(torch.randn(6, 4, generator=draw), dim=1)
        memory.advance(rows[here], part(step, here).ids, step / 3)
    return memory.state_dict()


def check_memory(half: slice, expected: dict[str, torch.Tensor]) -> None:
    for name, tensor in remember(half).items():
        assert torch.equal(tensor, expected[name]), name
    assert int(expected["clusters"].max()) == 2
    print("clusters: same memory")


torch.set_num_threads(1)
remembered = remember(slice(None))
cases = [(method, norm) for method in METHODS for norm in NORMS] + [(method, "batch") for method in OWN_BATCH]
alone = [train(module, module, slice(None)) for module in (build(*case) for case in cases)]
chunked = chunked_alone()

dist.init_process_group("gloo")
half = slice(dist.get_rank() * 3, dist.get_rank() * 3 + 3)
for case, expected in zip(cases, alone, strict=True):
    module = build(*case)
    slopes, buffers = map(compared, expected, train(module, DistributedDataParallel(module), half))
    print(f"{type(case[0]).__name__} by {case[1]}: {slopes} gradient, {buffers} buffers")
check_dealing(half)
check_all()
check_memory(half, remembered)
check_chunks(chunked)
print("dealing and norms: as they should be")
ids = ids_of(Path(sys.argv[1]), int(sys.argv[2]))
if dist.get_rank() == 0:
    print(f"ids: {json.dumps(ids)}")
dist.destroy_process_group()
