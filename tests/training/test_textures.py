"""Texture negatives in training: each method learns from them, on images and on videos."""

from contextlib import closing
from dataclasses import replace

import pytest
import torch

from pipelines.loader import Place
from pipelines.negatives import Textures
from shards.read import Shards
from training.methods import MoCo, SimCLR
from training.recipes import RECIPES


@pytest.fixture(scope="module", params=["image", "video"])
def batch(request: pytest.FixtureRequest, textured):
    """The first batch of a recipe with texture negatives, over shards that were made with textures."""
    out = textured(request.param) / "train"
    shards = Shards(out)
    assert (shards.index.texture == shards.index.extent[:, 1:]).all()  # square and small
    loader = RECIPES["simclr-synthetic" if request.param == "image" else "simclr-moving"].loader
    with closing(replace(loader, shards=out, batch=8, side=16, negatives=Textures()).open(Place(), 0)) as batches:
        return next(batches)


@pytest.mark.parametrize("method", [SimCLR(), MoCo(queue=16)])
def test_a_step_against_textures(batch, method):
    frames = batch.views[0].shape[1]
    recipe = RECIPES["simclr-synthetic" if frames == 1 else "simclr-moving"]
    module = method.build(replace(recipe.network, width=4).build())
    assert batch.negatives.shape == (8, 1, frames, 3, 16, 16)
    assert (batch.negatives[:, 0] - batch.views[0]).abs().mean() > 0.02
    outcome = module(batch)
    outcome.loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in module.parameters())
    module.zero_grad()
    assert module(replace(batch, negatives=batch.negatives[:, :0])).loss < outcome.loss
    optimizer = torch.optim.SGD(module.parameters(), 0.05)
    for _ in range(8):
        optimizer.zero_grad()
        loss = module(batch).loss
        loss.backward()
        optimizer.step()
    assert loss < outcome.loss
