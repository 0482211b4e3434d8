"""What is timed on a GPU: where there is none it is refused; its runs, its roads and its table are right anywhere."""

import io
from dataclasses import replace

import pytest
import torch
from PIL import Image

from pipelines.decoders import Dali
from pipelines.decoders.cut import Broken
from pipelines.frames import Clip
from shards.refusal import Refusal
from tools.benchmarks.gpu import Gpu
from tools.benchmarks.gpu_jpegs import photographs, told
from tools.benchmarks.gpu_steps import begun, runs
from tools.benchmarks.timed import Job, figures, header, line, rows_of
from training.encoders import NarrowResNet, NarrowResNet3D

RUNS = dict(runs())
CPU = torch.device("cpu")


def test_without_a_gpu_it_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(Refusal, match=r"not run: torch\.cuda\.is_available\(\) is false"):
        Gpu(json=tmp_path / "gpu.json")()
    with pytest.raises(Refusal, match="--rounds must be at least 7, got 6"):
        Gpu(rounds=6)()
    assert not list(tmp_path.iterdir())


def test_a_row_is_medians_of_its_rounds():
    row = figures([0.25, 0.125, 1.0], [0.1, 0.3, 0.2], 2.0, items=64)
    assert row == {
        "milliseconds": 250.0, "each": [125.0, 250.0, 1000.0], "asking": pytest.approx(200.0), "per second": 256.0,
        "seconds of the first three": 2.0,
    }  # fmt: skip
    title, text = header("steps", 10), line({"name": "a step", **row, "more": {"GiB at peak": 2.5, "loss": 6.25}}, 10)
    assert (
        text
        == "a step       250.0  (125.0 to 1000.0)      200.0         256             2.0  GiB at peak 2.5, loss 6.25"
    )
    for word, value in (("ms", "250.0"), ("asking", "200.0"), ("second", "256"), ("three, s", "2.0")):
        assert title.index(word) + len(word) == text.index(f" {value} ") + 1 + len(value)


def test_what_fails_says_why_and_the_rest_goes_on():
    def fail():
        raise torch.OutOfMemoryError("no room\nfor it")

    rows = list(rows_of([Job("large", fail), Job("small", lambda: {"note": "none"})]))
    assert rows == [{"name": "large", "failure": "no room for it"}, {"name": "small", "note": "none"}]
    assert [line(row, 8) for row in rows] == ["large   did not run: no room for it", "small   none"]


@pytest.mark.parametrize("name", RUNS)
def test_rows_say_what_their_runs_are(name):
    run = RUNS[name]
    assert (
        name.startswith(f"{type(run.method).__name__} ")
        and f", {run.loader.batch}" in name
        and f"{run.loader.side}, " in name
    )
    assert run.compile == ("compile" in name and "False" not in name) and run.precision == "bf16"
    assert run.chunk == int(name.partition("chunk ")[2] or 0)


@pytest.mark.parametrize("name", [name for name, run in RUNS.items() if not run.compile])
def test_each_run_takes_a_step(name):
    """With a narrow network and a small batch."""
    run = RUNS[name]
    clips = run.loader.clip.length > 1
    loader = replace(run.loader, batch=4, side=8, clip=Clip(2 if clips else 1))
    network = NarrowResNet3D(width=4) if clips else NarrowResNet(width=4)
    run = replace(run, loader=loader, network=network, chunk=min(run.chunk, 4), precision="no")
    made, batch = begun(run)
    assert batch.views[0].shape == (4, loader.clip.length, 3, 8, 8) and not batch.views[0].equal(batch.views[1])
    assert made.take_step(batch, 1).loss.isfinite()


@pytest.mark.parametrize(
    ("name", "millions"),  # of weights, without the last layer; torchvision documents 11.7, 25.6 and 33.4 with it
    [("SimCLR ResNet-18 at 32, 512, compile False", 11.17), ("MoCo ResNet-50 at 224, 256", 23.51),
     ("MoCo R3D-18 at 16 x 112, 64", 33.17)],
)  # fmt: skip
def test_networks_are_those_of_their_names(name, millions):
    with torch.device("meta"):
        network = RUNS[name].network.build()
    assert sum(weight.numel() for weight in network.parameters()) == pytest.approx(1e6 * millions, rel=0.001)


def test_dali_is_told_what_a_row_says():
    """On a CPU, to turn pictures by their EXIF tag, of which ``Dali`` says the contrary."""
    file, exif, cut = io.BytesIO(), Image.Exif(), photographs(2)
    exif[0x0112] = 6  # orientation: a quarter turn
    Image.open(io.BytesIO(cut.media[0])).save(file, "JPEG", exif=exif)
    cut = replace(cut, media=[file.getvalue()] * 2)
    with told({"adjust_orientation": True}), pytest.raises(Broken, match="dali sees"):
        Dali().open("image", CPU, 1)(cut)
    assert Dali().open("image", CPU, 1)(cut).shape == (2, 2, 1, 3, 224, 224)
