"""Run by test_gather in two processes: each checks its DDP gradient against that of the whole batch."""

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from pipelines.batch import Batch
from training.attacks import CLAE
from training.encoders import Encoder
from training.false_negatives import Oracle
from training.false_negatives.by_sample import BySample
from training.methods import MoCo, SimCLR
from training.methods.method import MethodModule

METHODS = SimCLR(), MoCo(queue=16, symmetric=True)
STEPS = 3  # MoCo's queue is empty at the first


def build(method: SimCLR | MoCo) -> MethodModule:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 4 * 4, 6), torch.nn.Tanh())
    module = method.build(Encoder(network, 6, sees_time=False), Oracle())
    norms = [m for m in module.modules() if isinstance(m, torch.nn.BatchNorm1d)]
    for norm in norms:  # no batch statistics: with them two processes rightly differ from one
        norm.eval().train = lambda mode=True, norm=norm: norm  # type: ignore[method-assign]
    return module.double()


def part(step: int, here: slice) -> Batch:
    draw = torch.Generator().manual_seed(step)
    one, other = (torch.rand(6, 1, 3, 4, 4, dtype=torch.float64, generator=draw) for _ in range(2))
    ids, labels = torch.tensor([0, 1, 2, 0, 4, 5]) + 3 * step, torch.tensor([0, 1, 2, 0, 1, 1])  # one id twice
    return Batch((one[here], other[here]), one[:, None].flip(-1)[here], ids[here], labels[here])


def train(module: MethodModule, wrapped: torch.nn.Module, here: slice) -> list[torch.Tensor]:
    slopes = []
    for step in range(STEPS):
        module.zero_grad()
        batch = part(step, here)
        outcome = wrapped(batch, CLAE()(module, batch))
        outcome.loss.backward()
        slopes += [p.grad.clone() for p in module.parameters() if p.grad is not None]
        module.advance(outcome, batch, 1.0)
    return slopes


def remember(here: slice) -> dict[str, torch.Tensor]:
    """What is left of three steps, clusters included; only process 0 finds them."""
    memory = BySample(samples=14, width=4, count=3, refresh=0.5)
    for step in range(STEPS):
        draw = torch.Generator().manual_seed(step)
        rows = torch.nn.functional.normalize(torch.randn(6, 4, generator=draw), dim=1)
        memory.advance(rows[here], part(step, here).ids, step / STEPS)
    return memory.state_dict()


torch.set_num_threads(1)
remembered = remember(slice(None))
alone = [train(module, module, slice(None)) for module in map(build, METHODS)]

dist.init_process_group("gloo")
half = slice(dist.get_rank() * 3, dist.get_rank() * 3 + 3)
for method, expected in zip(METHODS, alone, strict=True):
    module = build(method)
    found = train(module, DistributedDataParallel(module), half)
    for one, two in zip(expected, found, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-13)
    print(f"{type(method).__name__}: same gradient")
for name, tensor in remember(half).items():
    assert torch.equal(tensor, remembered[name]), name
assert int(remembered["clusters"].max()) == 2
print("BySample: same memory")
dist.destroy_process_group()
