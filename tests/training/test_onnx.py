"""ONNX computes what the encoder computes, in batches of any size, and is refused where it does not."""

import warnings

import numpy as np
import onnxruntime
import pytest
import torch

from shards.refusal import Refusal
from tests.training.runs import finished
from training.encoders import NarrowResNet, NarrowResNet3D, Normalise, Timm, Video
from training.exports import graph
from training.exports.exporting import export_encoder
from training.exports.plain import clips_for, features
from training.trained import trained

CASES = {
    "images": dict(network=NarrowResNet(width=4), normalise=Normalise((0.1, 0.2, 0.3), (0.5, 1.0, 2.0))),
}
LARGE = {
    "clips": dict(network=NarrowResNet3D(width=4), length=4, norm="group"),
    "a transformer": dict(network=Timm("test_vit"), side=160),
    "activations in norms": dict(network=Timm("test_efficientnet"), side=32, norm="synchronised"),
    "torchvision": dict(network=Video("r3d_18"), length=4, side=32),
    "frames of clips": dict(network=NarrowResNet(width=4), length=4),
}


@pytest.fixture(autouse=True)
def _of_the_exporter():
    """torch's exporter warns of itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def same(folder, **case) -> None:
    run = finished(folder / "run", **case)
    (first, *_) = export_encoder(run, folder / "out", onnx=True)
    encoder, _ = trained(run)
    session = onnxruntime.InferenceSession(folder / "out" / "encoder.onnx", providers=["CPUExecutionProvider"])
    still = not encoder.sees_time
    for batch in (1, 5):
        generator = torch.Generator().manual_seed(batch)
        clips = torch.rand(batch, *clips_for(run).shape[1:], generator=generator)[:, : 1 if still else None]
        pixels = clips[:, 0] if still else clips.transpose(1, 2)
        (found,) = session.run(["features"], {"pixels": np.ascontiguousarray(pixels.numpy())})
        wanted = features(encoder, clips).numpy()
        assert found.shape == wanted.shape and np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()
    shape = "images `b c h w`" if still else "clips `b c t h w`"
    assert f"`encoder.onnx` takes {shape}, RGB from 0 to 1" in (folder / "out" / "README.md").read_text()
    assert "features differ from the encoder's by" in first


@pytest.mark.parametrize("case", CASES)
def test_onnx_gives_the_features_of_the_encoder(tmp_path, case):
    same(tmp_path, **CASES[case])


@pytest.mark.long
@pytest.mark.parametrize("case", LARGE)
def test_onnx_gives_the_features_of_larger_encoders(tmp_path, case):
    same(tmp_path, **LARGE[case])


@pytest.mark.long
def test_another_graph_is_refused_and_not_left_behind(tmp_path, monkeypatch):
    run = finished(tmp_path / "run", NarrowResNet(width=4))
    export = graph._export

    def damaged(module, pixels, file):
        module.mean += 0.01
        export(module, pixels, file)

    monkeypatch.setattr(graph, "_export", damaged)
    with pytest.raises(Refusal, match="computes other features than the encoder: they differ by"):
        export_encoder(run, tmp_path / "out", onnx=True)
    assert [*(tmp_path / "out").iterdir()] == []
