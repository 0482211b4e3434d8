"""An encoder as ONNX: normalisation inside, batches of any size, checked against the original."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from shards.files import complete_or_absent
from shards.refusal import Refusal
from training.encoders import Encoder
from training.exports.plain import features
from training.modes import evaluating

FILE = "encoder.onnx"
MOST = 1e-4  # that features may differ, as a share of the largest: single precision, sums in another order


class OfPixels(nn.Module):
    """An encoder as others know networks: of images ``b c h w``, or of clips ``b c t h w``."""

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.network = encoder.network
        shape = (3, 1, 1, 1) if encoder.sees_time else (3, 1, 1)
        self.register_buffer("mean", encoder.mean.view(shape).clone())
        self.register_buffer("std", encoder.std.view(shape).clone())

    def forward(self, pixels: Float[Tensor, "b c *t h w"]) -> Float[Tensor, "b d"]:
        return self.network((pixels - self.mean) / self.std)


def as_onnx(encoder: Encoder, clips: Float[Tensor, "b t c h w"], folder: Path) -> float:
    """Write the graph into ``folder``. Returns: by how much its features differ from the encoder's, at most.

    Args:
        clips: What both are asked of; their size is the graph's, but for the batch.

    Raises: ``Refusal`` if ONNX is not installed, cannot express the network, or computes something else.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise Refusal('--onnx needs ONNX: pip install "antipodal[onnx]"') from error
    seen = clips if encoder.sees_time else clips[:, :1]
    pixels = seen.transpose(1, 2) if encoder.sees_time else seen[:, 0]
    wrapped = OfPixels(encoder)
    with complete_or_absent(folder / FILE) as file:
        with evaluating(wrapped), torch.no_grad():
            _export(wrapped, pixels, file)
        session = onnxruntime.InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
        # another batch size than the one that was traced
        more, wanted = torch.cat([pixels, pixels[:1].flip(-1)]), features(encoder, torch.cat([seen, seen[:1].flip(-1)]))
        found = torch.from_numpy(session.run(None, {"pixels": more.contiguous().numpy()})[0])
        apart, largest = float((found - wanted).abs().max()), float(wanted.abs().max())
        if not apart <= MOST * largest:
            raise Refusal(
                f"{FILE} computes other features than the encoder: they differ by {apart:.2g} where the largest is "
                f"{largest:.2g}; leave out --onnx and load {folder} as its README.md says"
            )
    return apart


def _export(module: nn.Module, pixels: Tensor, file: Path) -> None:
    batch = ({0: torch.export.Dim("batch")},)
    try:
        torch.onnx.export(
            module, (pixels,), file, input_names=["pixels"], output_names=["features"], dynamo=True,
            dynamic_shapes=batch, external_data=False, verbose=False,
        )  # fmt: skip
    except torch.onnx.errors.OnnxExporterError as error:
        raise Refusal(f"torch cannot write this network as ONNX ({type(error).__name__}); leave out --onnx") from error
