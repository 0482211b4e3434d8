"""An encoder and a linear layer on its features."""

from jaxtyping import Float
from torch import Tensor, nn

from training.encoders import Encoder


class Classifier(nn.Module):
    """Clips in 0 … 1 come in, logits go out. The layer starts from zeros, so that all classes are equal at first."""

    def __init__(self, encoder: Encoder, classes: int):
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(encoder.width, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, clips: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b k"]:
        return self.head(self.encoder(clips))
