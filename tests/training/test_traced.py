"""--profile: the trace of a real run holds the stages of both threads and the model's operators."""

import json
import shutil
from dataclasses import replace

import pytest

from shards.refusal import Refusal
from tests.training.real_runs import command, finish, weights
from training.recipes import RECIPES
from training.traced import check_steps
from training.trackers import read_metrics

FEW = ["--log-every", "100", "--checkpoint-every", "4", "--floor-steps", "0", "--probe.every", "0"]


def ranges(out):
    """Of each complete event name and thread, in the order of their beginnings."""
    events = json.loads((out / "trace.json").read_text())["traceEvents"]
    return [(e["name"], e["tid"]) for e in sorted(events, key=lambda e: float(e.get("ts", 0))) if e["ph"] == "X"]


@pytest.fixture(scope="module")
def profiled(images, tmp_path_factory):
    """A run of seven steps whose steps 2 to 4 were traced."""
    out = tmp_path_factory.mktemp("profiled") / "run"
    return out, finish(command("image", images, out, 7, *FEW, "--profile", "2", "5")).stdout


def test_a_trace_holds_the_stages_and_the_operators_of_the_named_steps(profiled):
    out, said = profiled
    found = ranges(out)
    names = [name for name, _ in found]
    assert names.count("compute") == names.count("stall") == names.count("wait") == 3
    assert {"read", "decode", "transfer", "augment"} <= set(names)
    threads = {
        stage: {tid for name, tid in found if name == stage} for stage in ("compute", "stall", "decode", "augment")
    }
    assert threads["compute"] == threads["stall"] and threads["decode"] == threads["augment"]  # all on a CPU
    assert threads["compute"].isdisjoint(threads["decode"])
    main = {name for name, tid in found if {tid} == threads["compute"]}
    assert {"aten::convolution", "aten::convolution_backward", "aten::native_batch_norm"} <= main
    assert f"steps 2 to 4 are traced in {out}/trace.json; open it at https://ui.perfetto.dev" in said


@pytest.mark.long
def test_a_resumed_run_may_be_traced_and_ends_the_same(profiled, images, tmp_path):
    calm, _ = profiled
    shutil.copytree(calm, out := tmp_path / "run")
    shutil.rmtree(out / "checkpoints" / "step-00000007")
    finish(command("image", images, out, 7, *FEW, "--resume", "--profile", "6", "7"))
    assert [name for name, _ in ranges(out)].count("compute") == 1 and weights(out) == weights(calm)


def test_a_run_says_its_speed_at_the_end(profiled):
    out, said = profiled
    (line,) = read_metrics(out)
    assert f"7 steps, {line['samples per second']:.0f} samples/s, stalled for {line['stall share']:.1%} of" in said
    assert 0 < line["seconds/stall"] <= line["seconds/step"] and line["cores busy"] > 0
    assert line["seconds/stall"] >= line["seconds/wait"] > 0


@pytest.mark.parametrize("steps", [(1, 3), (3, 3), (4, 8)])
def test_steps_that_this_start_does_not_take_warmed_up_are_refused(steps):
    run = replace(RECIPES["simclr-synthetic"], steps=7, profile=steps)
    with pytest.raises(Refusal, match="this start takes steps 0 to 7 .* two rising numbers from 2 to 7"):
        check_steps(run, 0)
    with pytest.raises(Refusal, match="two rising numbers from 7 to 7"):
        check_steps(replace(run, profile=(5, 7)), 5)


def test_one_step_alone_is_no_range():
    with pytest.raises(ValueError, match="first step to trace and the first not to"):
        replace(RECIPES["simclr-synthetic"], profile=(4,))
