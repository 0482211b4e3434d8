"""Reports. One file per part of an evaluation; to add one, add its file and name it here, where it is to be read."""

from collections.abc import Callable

from training.reports import attack, autoattack, corruptions, geometry, knn, linear, masking
from training.reports.section import Groups, Section

PARTS: tuple[tuple[str, Callable[[Groups], Section]], ...] = (
    ("knn", knn.section),
    ("linear", linear.section),
    ("robustness", attack.section),
    ("autoattack", autoattack.section),
    ("masking", masking.section),
    ("corruptions", corruptions.section),
    ("geometry", geometry.section),
)
"""Keys of evaluation.json, and what is said of what lies under them."""
