"""The model card: what an exported encoder is, how it is loaded, how it was trained, what it is worth."""

import json
from string import Template

from training.encoders import Encoder
from training.exports.figures import figures
from training.exports.lines import WEIGHTS, loading, seeing
from training.run import Pretrain
from training.weights.origin import said

CARD = Template("""# $name

$what It gives $width features. $files

## Loading it

Without the project that trained it:

```python
$loading
```

```python
$seeing
```

Pixels are RGB from 0 to 1; the second block normalises them.$frames

## Training

$training

<details><summary>All settings</summary>

```json
$recipe
```

</details>

## Evaluation

$figures

## Limits

$learned
Of attacks, damage and shifts that stand in no table above nothing is known. Sizes other than $side pixels were not
tried. Nothing was done against biases of the data, and nobody was asked whether it may be used to recognise people.

## Licence

None is given here. Whoever passes these weights on names it: LICENCE TO BE FILLED IN. It must agree with the terms of
the training data.
""")


def card(run: Pretrain, encoder: Encoder, step: int, facts: dict, onnx: str = "") -> str:
    """As Markdown. ``facts`` are those of config.json, ``onnx`` is what is to be said of the graph."""
    loader, kind = run.loader, "clips" if encoder.sees_time else "images"
    averaged = " Features of several frames are averaged." * (loader.clip.length > 1 and not encoder.sees_time)
    return CARD.substitute(
        name=run.out.absolute().name,
        what=f"An encoder of {kind}, {describe_network(facts)}, {'trained' if step else 'exported'} by antipodal.",
        width=encoder.width,
        files=f"`{WEIGHTS}` holds it, `config.json` all facts about it.{onnx}",
        loading=loading(run.network, encoder, run.norm),
        seeing=seeing(encoder, run.normalise, loader.clip.length, loader.side),
        frames=averaged,
        training=_training(run, step, facts),
        recipe=json.dumps(facts["recipe"], indent=1),
        figures=figures(run.out, step),
        learned=_learned(step, facts),
        side=loader.side,
    )


def describe_network(facts: dict) -> str:
    """The network's name and knobs, in words."""
    knobs = {name: value for name, value in facts["architecture"].items() if name != "type"}
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in knobs.items())
    return f"{facts['architecture']['type']} ({said})"


def _learned(step: int, facts: dict) -> str:
    before = ", after others that are not known here," * ("origin" in facts)
    if step:
        return f"It was trained on the data named above{before} and knows what these show."
    return "What it was trained on is not known here." if "origin" in facts else "It was not trained at all."


def _training(run: Pretrain, step: int, facts: dict) -> str:
    data = ", ".join(facts["data"]["folders"])
    if "origin" in facts and not step:
        return f"Not trained by antipodal: {said(facts['origin'])}."
    began = f" It began with {said(facts['origin'])}." if "origin" in facts else ""
    average = f" These are the weights' running mean, of which {run.average:g} stays at each step." * bool(run.average)
    labels = "with" if run.method.needs_labels else "without"
    return (
        f"{type(run.method).__name__} {labels} labels on {data} (fingerprint {facts['data']['fingerprint'][:12]}), "
        f"step {step} of {run.steps}, batches of {run.loader.batch}, seed {run.seed}.{average}{began} Code: commit "
        f"{facts['provenance']['commit']} when exported."
    )
