"""NVIDIA DALI: images, and videos that are stored as images, on the CPU or split between CPU and GPU ("mixed")."""
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false

from dataclasses import dataclass

import numpy as np
import nvidia.dali
import torch
from jaxtyping import UInt8
from nvidia.dali import fn, types
from nvidia.dali.pipeline import Pipeline
from torch import Tensor

from pipelines.decoders.cut import Broken, Cut, Execute, file, other_extent
from pipelines.decoders.flat import flat
from pipelines.decoders.plain import Plain
from shards.media import Stored
from shards.refusal import Refusal, reason_of


@dataclass(frozen=True)
class Dali:
    """DALI: decodes each image once and cuts every view from it. Images, and videos that recode:jpeg-frames made."""

    @property
    def library(self) -> str:
        return f"dali {nvidia.dali.__version__}"

    def open(self, kind: Stored, device: torch.device, threads: int) -> Execute:
        if kind == "frames":
            return flat(self.open("image", device, threads))
        if kind != "image":
            raise Refusal(
                "decoder dali decodes images, these shards hold videos (DALI has no H.264 or MPEG-4 on a CPU); "
                "use decoder:auto, or a video recipe, or make the shards with recode:jpeg-frames"
            )
        pipelines: dict[tuple[int, int, int], Pipeline] = {}
        stream = torch.cuda.Stream(device) if device.type == "cuda" else None

        def execute(cut: Cut) -> UInt8[Tensor, "v b t c h w"]:
            shape = (cut.frames.shape[0], len(cut.media), cut.side)
            if shape not in pipelines:
                pipelines[shape] = _pipeline(*shape, device, threads)
            try:
                return _stacked(_run(pipelines[shape], cut), stream)
            except RuntimeError as error:
                del pipelines[shape]  # a pipeline that raised is dead
                raise Broken(cut.names, _culprits(cut, execute, error)) from error

        return execute


def _pipeline(views: int, batch: int, side: int, device: torch.device, threads: int) -> Pipeline:
    on_gpu = device.type == "cuda"
    # run() is called from the loader's own thread, so DALI needs no second queue in front of it. Its executor is the
    # default one: no other brings sizes back from a GPU, or leaves a result alone for as long as somebody holds it
    pipeline = Pipeline(batch, threads, device.index or 0 if on_gpu else None, prefetch_queue_depth=1)
    with pipeline:
        encoded = fn.external_source(name="media", dtype=types.UINT8, ndim=1, no_copy=True)
        # Pillow does not turn pictures by their EXIF tag either, and boxes are drawn for the picture as stored; halved
        # colours it makes smooth, as libjpeg-turbo does and a GPU if asked
        picture = fn.decoders.image(
            encoded, device="mixed" if on_gpu else "cpu", adjust_orientation=False, jpeg_fancy_upsampling=True
        )
        outputs = [picture.shape()]
        for view in range(views):
            corner = fn.external_source(name=f"corner {view}", dtype=types.INT32, ndim=1)
            sides = fn.external_source(name=f"sides {view}", dtype=types.INT32, ndim=1)
            # "pad": a box outside the picture is refused by check_extent, which can name the sample
            part = fn.slice(picture, corner, sides, axes=(0, 1), out_of_bounds_policy="pad")
            small = fn.resize(part, size=(side, side), interp_type=types.INTERP_LINEAR, antialias=True)
            outputs.append(fn.transpose(small, perm=[2, 0, 1]))
        pipeline.set_outputs(*outputs)
    pipeline.build()
    return pipeline


def _run(pipeline: Pipeline, cut: Cut) -> list[UInt8[Tensor, "b c h w"]]:
    """The pixels of every view, in DALI's own memory, when they are there."""
    pipeline.feed_input("media", [np.frombuffer(file(cut, i), np.uint8) for i in range(len(cut.media))])
    for view, boxes in enumerate(cut.boxes.astype(np.int32)):
        pipeline.feed_input(f"corner {view}", list(boxes[:, :2]))
        pipeline.feed_input(f"sides {view}", list(boxes[:, 2:]))
    shapes, *views = pipeline.run()
    sizes = [(int(height), int(width)) for height, width, _ in shapes.as_array()]
    broken = {i: other for i, size in enumerate(sizes) if (other := other_extent(cut, i, "dali", *size))}
    if broken:
        raise Broken(cut.names, broken)
    return [torch.from_dlpack(view.as_tensor()) for view in views]


def _stacked(views: list[UInt8[Tensor, "b c h w"]], stream: torch.cuda.Stream | None) -> UInt8[Tensor, "v b 1 c h w"]:
    """All views in one block of torch's memory, which is there when this returns.

    On a GPU it is copied on a ``stream`` of its own: on the default one, where the pixels will be used, the copy would
    wait for all training steps that were asked for before it.
    """
    if stream is None:
        return torch.stack(views)[:, :, None]
    with torch.cuda.stream(stream):
        pixels = torch.stack(views)
    stream.synchronize()
    pixels.record_stream(
        torch.cuda.default_stream(stream.device)
    )  # nobody may have the memory before it was used there
    return pixels[:, :, None]


def _culprits(cut: Cut, execute: Execute, error: RuntimeError) -> dict[int, str]:
    """DALI does not say which files of a batch it could not decode: try them one by one, with Pillow first."""
    if len(cut.media) == 1:
        return {0: f"dali cannot decode it: {reason_of(error)}"}
    broken = {}
    for decode in (Plain().open("image", torch.device("cpu"), 1), execute):
        for i in range(len(cut.media)):
            try:
                decode(cut.row(i))
            except Broken as found:
                broken[i] = found.reasons[0]
        if broken:
            return broken
    raise error  # each alone is decoded: it is not the files
