"""Run by test_gather in two processes: each checks its DDP gradient against that of the whole batch."""

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from training.encoders import Encoder
from training.methods import SimCLR


def build() -> torch.nn.Module:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 4 * 4, 6), torch.nn.Tanh())
    method = SimCLR().build(Encoder(network, 6, sees_time=False))
    method.head = torch.nn.Linear(6, 5)  # no batch statistics: with them two processes rightly differ from one
    return method.double()


torch.set_num_threads(1)
pair = tuple(torch.rand(6, 1, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(s)) for s in (1, 2))
negatives, ids = pair[0][:, None].flip(-1), torch.tensor([0, 1, 2, 0, 4, 5])  # one id twice, on two processes

alone = build()
alone(pair, negatives, ids).backward()

dist.init_process_group("gloo")
half = slice(dist.get_rank() * 3, dist.get_rank() * 3 + 3)
together = DistributedDataParallel(build())
loss = together(tuple(view[half] for view in pair), negatives[half], ids[half])
loss.backward()
for one, two in zip(alone.parameters(), together.module.parameters(), strict=True):
    torch.testing.assert_close(one.grad, two.grad, rtol=1e-10, atol=1e-14)
print("same gradient")
dist.destroy_process_group()
