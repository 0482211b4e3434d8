"""torchvision's networks for clips: which clips they take, how wide their features are, and that all of them learns."""

from typing import get_args, get_type_hints

import pytest
import torch
from torchvision.models import list_models
from torchvision.models import video as rooms

from shards.refusal import Refusal
from training.encoders import Video

NAMES = get_args(get_type_hints(Video)["name"])
SMALL = {"s3d": (14, 224), "mvit_v1_b": (16, 224), "mvit_v2_s": (16, 224)}
WIDTHS = {"s3d": 1024, "mvit_v1_b": 768, "mvit_v2_s": 768, "swin3d_t": 768, "swin3d_s": 768, "swin3d_b": 1024}
SLOW = {"mvit_v1_b", "mvit_v2_s", "s3d", "swin3d_s", "swin3d_b"}


def clips(frames, side):
    return torch.rand(1, frames, 3, side, side)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.long] if n in SLOW else []) for n in NAMES])
def test_features_are_as_wide_as_stated_and_every_parameter_learns(name):
    torch.manual_seed(0)
    encoder = Video(name).build()
    features = encoder(clips(*SMALL.get(name, (4, 32))))
    assert features.shape == (1, encoder.width) and encoder.width == WIDTHS.get(name, 512)
    features.square().mean().backward()
    assert not [n for n, p in encoder.named_parameters() if p.grad is None]  # or processes would wait for them in vain
    first = next(encoder.parameters()).grad
    assert first.isfinite().all() and first.abs().sum() > 0


def test_all_of_torchvisions_networks_are_there():
    assert sorted(NAMES) == sorted(list_models(rooms))


@pytest.mark.parametrize(
    ("name", "frames", "side", "words"),
    [
        ("mvit_v1_b", 8, 224, "takes clips of 16 frames at 224x224 pixels, these have 8 at 224x224"),
        ("mvit_v2_s", 16, 256, "these have 16 at 256x256; set --loader.clip.length 16 --loader.side 224"),
        ("s3d", 13, 224, "takes clips of at least 14 frames at 224x224 pixels, these have 13 at 224x224"),
        ("s3d", 16, 112, "these have 16 at 112x112"),
        ("s3d", 1, 224, "these have 1 at 224x224"),
    ],
)
def test_clips_of_a_size_that_a_network_does_not_take_are_refused(name, frames, side, words):
    with pytest.raises(Refusal, match=words):
        Video(name).build()(clips(frames, side))


def test_the_classifier_is_gone_and_nothing_else():
    network, whole = Video("mc3_18").build().network, rooms.mc3_18(weights=None)
    assert set(whole.state_dict()) - set(network.state_dict()) == {"fc.weight", "fc.bias"}
    network.load_state_dict({n: t for n, t in whole.state_dict().items() if not n.startswith("fc")})
    seen = []
    whole.fc.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    pixels = clips(4, 32).transpose(1, 2)
    with torch.no_grad():
        whole.eval()(pixels)
        torch.testing.assert_close(network.eval()(pixels), seen[0])
