"""Compiled networks: losses, gradients and statistics of plain ones, few graphs, and a reason where there are none."""

from functools import partial

import pytest
import torch
import torch._inductor.config
from torch import nn
from torch._dynamo.utils import counters

from tests.training.batches import batch
from training.attacks import CLAE
from training.compiled import compile_networks
from training.encoders import Encoder
from training.methods import MoCo, SimCLR
from training.modes import evaluating

pytestmark = pytest.mark.filterwarnings("default")  # torch warns while it compiles; an error would end the attempt


@pytest.fixture(autouse=True)
def torchs_own_switches():
    """As they were, afterwards."""
    torch._dynamo.reset()
    counters.clear()
    with torch._dynamo.config.patch(recompile_limit=torch._dynamo.config.recompile_limit):
        yield
    torch._C._dynamo.eval_frame._set_lru_cache(True)


class Small:
    """A network with norms of which each has a branch and running statistics."""

    def build(self):
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=2),
            nn.BatchNorm2d(4),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(36, 6),
            nn.BatchNorm1d(6),
        )
        return Encoder(network, 6, sees_time=False)


def train(method, chunk, compiled):
    """Losses, gradients, statistics and features of three steps; how many graphs there were after each."""
    torch.manual_seed(0)
    module, found, graphs = method.build(Small().build()), [], []
    CLAE().prepare(module)
    for encoder in (part for part in module.modules() if isinstance(part, Encoder)):
        encoder.chunk = chunk
    if compiled:
        compile_networks(module)
    for step in range(3):
        given = batch(8, negatives=1, seed=step, ids=[*range(8 * step, 8 * step + 8)])
        given = type(given)(tuple(v.float() for v in given.views), given.negatives.float(), given.ids, given.labels)
        adversarial = CLAE()(module, given)
        module.zero_grad()
        outcome = module(given, adversarial)
        outcome.loss.backward()
        module.advance(outcome, given, 1.0)
        with torch.no_grad(), evaluating(module):
            found += [outcome.loss.detach(), module.measured(given.views[0])]
        found += [p.grad.clone() for p in module.parameters() if p.grad is not None]
        graphs.append(counters["stats"]["unique_graphs"])
    return found, module.state_dict(), graphs


def check(method, chunk, capsys):
    expected, found = train(method, chunk, False), train(method, chunk, True)
    torch.testing.assert_close(found[:2], expected[:2], rtol=1e-4, atol=1e-5)
    first, *later = found[2]
    assert 4 <= first <= 16 and later == [first, first] and not counters["graph_break"]
    assert not capsys.readouterr().out


@pytest.mark.long  # a second or more each, and more than ten to begin with
@pytest.mark.parametrize("chunk", [0, 3])
@pytest.mark.parametrize("method", [SimCLR(), MoCo(queue=16)], ids=lambda method: type(method).__name__)
def test_attacks_frozen_passes_and_chunks_are_those_of_plain_networks(method, chunk, capsys, monkeypatch):
    """All but the compiler: graphs are captured, and run by torch's own operators."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    check(method, chunk, capsys)


@pytest.mark.long  # a compiler is at work
def test_with_a_compiler_too(capsys):
    check(SimCLR(), 3, capsys)


@pytest.mark.long  # torch takes its time to find out
def test_without_a_compiler_the_run_goes_on_and_says_why(capsys):
    plain, encoder, clips = Small().build(), Small().build(), torch.rand(3, 1, 3, 8, 8)
    compile_networks(encoder)
    with torch._inductor.config.patch({"cpp.cxx": ("/nowhere/g++",)}):
        assert torch.equal(encoder(clips), plain(clips)) and torch.equal(encoder(clips), plain(clips))
    said = capsys.readouterr().out
    assert said.startswith("compile left out: ") and "No working C++ compiler" in said and said.count("\n") == 1


@pytest.mark.long
def test_a_mistake_of_the_network_itself_stays_an_error(capsys):
    encoder = Small().build()
    compile_networks(encoder)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        encoder(torch.rand(3, 1, 3, 9, 17))
