"""Reports. One file per part of an evaluation; to add one, add its file and name it here, where it is to be read."""

from collections.abc import Callable

from training.reports import attack, cues, geometry, knn, linear, shape_bias, shifts, textures
from training.reports.section import Groups, Section

PARTS: tuple[tuple[str, Callable[[Groups], Section]], ...] = (
    ("knn", knn.section),
    ("linear", linear.section),
    ("cues", cues.section),
    ("robustness", attack.section),
    ("shifts", shifts.section),
    ("shape bias", shape_bias.section),
    ("textures", textures.section),
    ("geometry", geometry.section),
)
"""Keys of evaluation.json, and what is said of what lies under them."""
