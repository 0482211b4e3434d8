"""One HTML page that needs no other file: numbers as tables, pictures inside it."""

import base64
import html
import json
import math
from pathlib import Path
from string import Template

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from training.tables import Found, geometry_table, knn_table, linear_table, radii_table, shape_table

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem 1rem;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}figure{margin:1rem 0}img{max-width:100%}figcaption,.note{color:#666}
pre{overflow-x:auto;font-size:.8rem}"""
PAGE = Template("""<!doctype html><html lang="en"><meta charset="utf-8"><title>$title</title><style>$style</style>
<h1>$title</h1><p>$summary</p>
<h2>What the features know</h2>$knn<p class="note">kNN accuracy on $test test samples in percent (standard error at most
$error), voted by the training split.</p>$shape
<h2>What a linear probe reads from them</h2>$linear<p class="note">Accuracy in percent on the same samples of logistic
regression on the frozen encoder's standardised features, solved to convergence.</p>
<h2>How easily they are broken</h2>$radii_picture$radii
<p class="note">Accuracy of encoder and linear probe in percent on $attacked test samples (standard error at most
$attacked_error): under PGD, $steps steps with full knowledge of both, and under uniform noise. No pixel changes by more
than the radius. A sample that a smaller radius breaks counts as broken at every larger one.</p>
<h2>How they lie on the sphere</h2>$geometry
<p class="note">Of features of length one, on $validation validation samples. Alignment: mean squared distance between
two augmented views of a sample, 0 if views do not matter. Uniformity: log of the mean of exp(-2 d²) over pairs at
distance d, 0 if all are one point; the lower, the more evenly they are spread.</p>
$rest
<h2>How it was measured</h2><p>$step The test split decided nothing. The number of neighbours and the probe's penalty
were chosen on $validation validation samples, a part of the training split that is the same in every run; then the
whole training split voted and was fitted. Chosen: $chosen.</p>
<details><summary>All settings</summary><pre>$settings</pre></details></html>
""")


def write_page(folder: Path, title: str, summary: str, found: Found, radii: Figure, rest: str) -> None:
    """Write ``report.html`` and ``radii.png``; ``rest`` is HTML that goes before the settings."""
    one = found[0]
    attacked, attack = one["robustness"]["trained"]["attacked"], one["protocol"]["robustness"]
    page = PAGE.substitute(
        title=html.escape(title), style=STYLE, summary=html.escape(summary), rest=rest,
        knn=knn_table(found).html(), linear=linear_table(found).html(), geometry=geometry_table(found).html(),
        radii=radii_table(found).html(), shape=_shape(found), chosen=html.escape(chosen(found)), step=steps(found),
        radii_picture=picture(radii, folder / "radii.png", "PGD drawn through, noise dashed."),
        test=one["data"]["test"]["samples"], error=largest_error(one["data"]["test"]["samples"]),
        attacked=attacked, attacked_error=largest_error(attacked), steps=attack["attack_steps"],
        validation=one["data"]["validation"]["samples"],
        settings=html.escape(json.dumps({name: one[name] for name in ("protocol", "data", "recipe")}, indent=1)),
    )  # fmt: skip
    (folder / "report.html").write_text(page)


def picture(figure: Figure, file: Path, caption: str) -> str:
    """Save a figure as PNG and return it as HTML that holds the picture itself."""
    figure.savefig(file, dpi=110)
    plt.close(figure)
    content = base64.b64encode(file.read_bytes()).decode()
    return (
        f'<figure><img src="data:image/png;base64,{content}" alt="{html.escape(caption)}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def largest_error(samples: int) -> str:
    """Standard error in points of an accuracy of 50 % on so many samples, the largest there is."""
    return f"{50 / math.sqrt(samples):.1f}"


def steps(found: Found) -> str:
    """Which checkpoints were measured, in a sentence."""
    taken = sorted({one["step"] for one in found})
    last = all(one["step"] == one["recipe"]["steps"] for one in found)
    said = "the last step" if last else f"not the last of {found[0]['recipe']['steps']}: the run has not ended"
    return f"The newest checkpoint was measured, of step {', '.join(map(str, taken))} ({said})."


def chosen(found: Found) -> str:
    """What the validation split chose: neighbours and penalties, of several runs each that was chosen."""
    kinds = found[0]["knn"]
    said = [
        f"{name}, {fact}: k {_each([one['knn'][name][fact]['k'] for one in found])}"
        for name in kinds
        for fact in kinds[name]
    ]
    said += [
        f"{name}: penalty {_each([one['linear'][name]['penalty'] for one in found])}" for name in found[0]["linear"]
    ]
    return "; ".join(said)


def _each(values: list) -> str:
    return ", ".join(f"{value:g}" for value in sorted(set(values)))


def _shape(found: Found) -> str:
    table = shape_table(found)
    if table is None:
        return ""
    share, even = table.cell(table.rows["trained"][0]), table.cell(table.rows["chance"][0])
    return (
        f"{table.html()}<p>Shape against texture: of the trained encoder's neighbours that agree with a sample in only "
        f"one of the two, {share} % agree in shape, the others in texture; chance is {even} %.</p>"
        '<p class="note">Of 20 nearest neighbours of each test sample.</p>'
    )
