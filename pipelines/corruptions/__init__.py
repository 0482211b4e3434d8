"""Corruptions of clips. One file per family; to add one, add its file and name it here.

Each is called with clips, the numbers of their samples and a severity, 1 … 5.
"""

from pipelines.corruptions.corruption import Corruption

STANDARD: tuple[Corruption, ...] = ()
"""The fifteen of ImageNet-C (arXiv 1903.12261), in its order: noise, blur, weather, digital."""
EXTRA: tuple[Corruption, ...] = ()
"""The four that ImageNet-C holds for validation."""
