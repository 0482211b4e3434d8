"""Encoders: shapes, normalisation inside, time."""

import pytest
import torch

from shards.refusal import Refusal
from training.encoders import NarrowResNet, NarrowResNet3D, Timm
from training.encoders.encoder import MEAN, STD


@pytest.mark.parametrize(
    ("network", "frames", "side"),
    [
        (NarrowResNet(width=8), 1, 32),
        (Timm("resnet18", small_stem=True), 1, 32),
        (Timm("vit_tiny_patch16_224"), 1, 224),
        (NarrowResNet3D(width=8), 8, 32),
        (NarrowResNet(width=8), 3, 16),
    ],
)
def test_clips_become_vectors_of_the_stated_width(network, frames, side):
    encoder = network.build().eval()
    with torch.no_grad():
        features = encoder(torch.rand(2, frames, 3, side, side))
    assert features.shape == (2, encoder.width) and features.std() > 0


def test_a_small_stem_keeps_the_resolution():
    encoder = Timm("resnet18", small_stem=True).build()
    pictures = torch.rand(1, 3, 32, 32)
    assert encoder.network.layer1(encoder.network.maxpool(encoder.network.conv1(pictures))).shape[-1] == 32


def test_pixels_are_normalised_inside():
    encoder, seen = NarrowResNet(width=8).build().eval(), []
    encoder.network.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    encoder(torch.tensor(MEAN).view(1, 1, 3, 1, 1).expand(1, 1, 3, 8, 8))
    encoder((torch.tensor(MEAN) + torch.tensor(STD)).view(1, 1, 3, 1, 1).expand(1, 1, 3, 8, 8))
    assert seen[0].abs().max() < 1e-6 and (seen[1] - 1).abs().max() < 1e-5


def test_a_network_for_pictures_averages_over_frames():
    encoder, clips = NarrowResNet(width=8).build().eval(), torch.rand(2, 3, 3, 16, 16)
    with torch.no_grad():
        frames = torch.stack([encoder(clips[:, [t]]) for t in range(3)]).mean(0)
        torch.testing.assert_close(encoder(clips), frames)


def test_a_network_for_clips_sees_the_order_of_frames():
    encoder, clips = NarrowResNet3D(width=8).build().eval(), torch.rand(2, 8, 3, 16, 16)
    with torch.no_grad():
        assert not torch.allclose(encoder(clips), encoder(clips.flip(1)), atol=1e-4)


def test_an_unknown_model_is_refused_with_neighbours():
    with pytest.raises(Refusal, match="no model 'resnet1888'.*resnet18"):
        Timm("resnet1888").build()


def test_a_small_stem_is_for_resnets():
    with pytest.raises(Refusal, match="vit_tiny_patch16_224"):
        Timm("vit_tiny_patch16_224", small_stem=True).build()


def test_a_deep_stem_is_not_replaced():
    with pytest.raises(Refusal, match="'resnet26d' has a deep stem, which small-stem cannot replace; leave it out"):
        Timm("resnet26d", small_stem=True).build()
