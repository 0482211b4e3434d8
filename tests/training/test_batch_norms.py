"""Passes under frozen statistics leave no trace and give the usual output."""

import torch
from torch import nn

from training.batch_norms import frozen_statistics


def test_output_is_that_of_training_and_no_buffer_moves():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.LazyLinear(3), nn.BatchNorm1d(3))
    pictures = torch.rand(5, 3, 6, 6)
    network(pictures)
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    with frozen_statistics(network):
        frozen = network(pictures)
    assert all(torch.equal(buffer, before[name]) for name, buffer in network.named_buffers())
    assert torch.equal(network(pictures), frozen)
    assert not torch.equal(network[1].running_mean, before["1.running_mean"])  # and afterwards they move again


def test_norms_in_evaluation_mode_keep_using_their_statistics():
    norm = nn.BatchNorm1d(2).eval()
    with frozen_statistics(norm):
        assert torch.allclose(norm(torch.full((3, 2), 5.0)), torch.full((3, 2), 5.0), atol=1e-4)
