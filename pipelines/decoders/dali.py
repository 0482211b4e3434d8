"""NVIDIA DALI: JPEG and other images on the CPU, or split between CPU and GPU ("mixed") on a GPU."""
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false

from dataclasses import dataclass, replace

import numpy as np
import nvidia.dali
import torch
from jaxtyping import UInt8
from nvidia.dali import fn, types
from nvidia.dali.pipeline import Pipeline
from torch import Tensor

from pipelines.decoders.cut import Cut, Execute, check_extent
from pipelines.decoders.plain import Plain
from shards.media import Kind
from shards.refusal import Refusal


@dataclass(frozen=True)
class Dali:
    """DALI: decodes each image once and cuts every view from it. Images only."""

    @property
    def library(self) -> str:
        return f"dali {nvidia.dali.__version__}"

    def open(self, kind: Kind, device: torch.device, threads: int) -> Execute:
        if kind != "image":
            raise Refusal(
                "decoder dali decodes images, these shards hold videos (DALI has no H.264 or MPEG-4 on a CPU); "
                "use decoder:decord, or a video recipe"
            )
        pipelines: dict[tuple[int, int, int], Pipeline] = {}

        def execute(cut: Cut) -> UInt8[Tensor, "v b t c h w"]:
            shape = (cut.frames.shape[0], len(cut.media), cut.side)
            if shape not in pipelines:
                pipelines[shape] = _pipeline(*shape, device, threads)
            try:
                return _run(pipelines[shape], cut)
            except RuntimeError as error:
                del pipelines[shape]  # a pipeline that raised is dead
                raise _culprit(cut, error) from error

        return execute


def _pipeline(views: int, batch: int, side: int, device: torch.device, threads: int) -> Pipeline:
    on_gpu = device.type == "cuda"
    # run() is called from the loader's own thread, so DALI needs no second queue in front of it
    pipeline = Pipeline(
        batch, threads, device.index or 0 if on_gpu else None, exec_async=False, exec_pipelined=False,
        prefetch_queue_depth=1,
    )  # fmt: skip
    with pipeline:
        encoded = fn.external_source(name="media", dtype=types.UINT8, ndim=1, no_copy=True)
        # Pillow does not turn pictures by their EXIF tag either, and boxes are drawn for the picture as stored
        picture = fn.decoders.image(encoded, device="mixed" if on_gpu else "cpu", adjust_orientation=False)
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


def _run(pipeline: Pipeline, cut: Cut) -> UInt8[Tensor, "v b t c h w"]:
    pipeline.feed_input("media", [np.frombuffer(content, np.uint8) for content in cut.media])
    for view, boxes in enumerate(cut.boxes.astype(np.int32)):
        pipeline.feed_input(f"corner {view}", list(boxes[:, :2]))
        pipeline.feed_input(f"sides {view}", list(boxes[:, 2:]))
    shapes, *views = pipeline.run()
    for i, (height, width, _) in enumerate(shapes.as_array()):
        check_extent(cut, i, "dali", int(height), int(width))
    return torch.stack([torch.from_dlpack(view.as_tensor()) for view in views])[:, :, None]


def _culprit(cut: Cut, error: RuntimeError) -> Refusal:
    """DALI does not say which file of a batch it could not decode: try them one by one."""
    decode = Plain().open("image", torch.device("cpu"), 1)
    for i, name in enumerate(cut.names):
        one = slice(i, i + 1)
        try:
            decode(replace(cut, media=cut.media[one], names=[name], key_frames=cut.key_frames[one],
                           extent=cut.extent[one], frames=cut.frames[:, one], boxes=cut.boxes[:, one]))  # fmt: skip
        except Refusal as refusal:
            return refusal
    return Refusal(f"dali cannot decode one of {', '.join(cut.names)}: {error}; use decoder:plain or recode the file")
