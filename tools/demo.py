"""The whole road on generated data: shards, pretraining with and without the robust modules, evaluation, a page.

Runs the very commands that the README shows, each printed before it runs. Everything lies in .demo/, which git ignores.
"""

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(".demo")
MODULES = "attack:clae false-negatives:threshold"
NEGATIVES = {"image": "loader.negatives:textures", "video": "loader.negatives:patches"}
TEXTURES = {"image": "texture:stochastic --texture.side 32", "video": ""}
RECIPES = {"image": "simclr-synthetic", "video": "simclr-moving"}
SAMPLES = {"image": "--train 3072 --test 512", "video": "--train 1024 --test 256"}
LENGTH = {"image": "--steps 120 --probe.every 60", "video": "--steps 40 --probe.every 20"}
EVALUATION = (
    "--knn.neighbours 20 --clips.count 3 --representation.shown 500 --robustness.attacked 100 "
    "--robustness.radii 0.5 1 2 --robustness.radii-l2 16 64 --masking.samples 32 --corruptions.samples 96"
)

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>antipodal demo</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}}
img{{max-width:100%;height:auto}}pre{{overflow-x:auto;font-size:.8rem}}a{{color:#0b4f8a}}
.pair{{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}}
@media print{{section{{break-before:page}}img{{max-height:9cm}}pre{{white-space:pre-wrap}}}}</style>
<h1>antipodal demo</h1><p>Pretrained from real JPEG and H.264 files in {minutes:.1f} minutes on this machine, each
plainly and with texture or patch negatives, adversarial examples (CLAE) and removal of suspected false negatives. One
seed, few steps: a look at the road, not at the methods' worth.</p>{sections}
"""
SECTION = """<section><h2>{title}: plain and robust side by side</h2>
<p>Reports: <a href="{medium}/report.html">both</a> · <a href="plain-{medium}/report.html">plain</a> ·
<a href="robust-{medium}/report.html">robust</a></p>
<div class="pair"><img src="{medium}/plots/radii.png" alt="accuracy under attack"><img
src="{medium}/plots/differences.png" alt="robust less plain, with intervals"></div>
<h3>What the robust run sees</h3><img src="robust-{medium}/seen.png" alt="views, negatives, adversarial views">
<div class="pair"><div><h3>Plain</h3><img src="plain-{medium}/plots/curves.png" alt="curves"></div>
<div><h3>Robust</h3><img src="robust-{medium}/plots/curves.png" alt="curves"></div></div>
<details><summary>All numbers</summary><pre>{table}</pre></details></section>
"""


def run(words: str) -> str:
    """Run a command of the README with this environment's Python, show its output, and return what it printed."""
    print(f"\n$ {words}", flush=True)
    first, *rest = shlex.split(words)
    launch = {"python": [sys.executable], "accelerate": [sys.executable, "-m", "accelerate.commands.accelerate_cli"]}
    process = subprocess.Popen([*launch[first], *rest], stdout=subprocess.PIPE, text=True)
    printed = []
    for line in process.stdout or ():
        print(line, end="", flush=True)
        printed.append(line)
    if process.wait():
        sys.exit(process.returncode)
    return "".join(printed)


def show(medium: str) -> str:
    """Shards, two runs and their comparison, as a section of the page."""
    data, plain, robust = HERE / "data" / medium, HERE / f"plain-{medium}", HERE / f"robust-{medium}"
    made = f"synthetic --medium {medium} --seed 1 {SAMPLES[medium]} {TEXTURES[medium]}"
    run(f"python tools/make_shards.py --out {data} {made}")
    for out, modules in ((plain, ""), (robust, f"{NEGATIVES[medium]} {MODULES}")):
        words = f"{RECIPES[medium]} --loader.shards {data / 'train'} --out {out} {LENGTH[medium]} {modules}"
        run(f"accelerate launch --quiet training/pretrain.py {words}")
    run(f"python tools/show_batch.py {robust} --step 20 --sheet {robust / 'seen.png'}")
    said = run(f"python training/evaluate.py {plain} {robust} --out {HERE / medium} {EVALUATION}")
    table = "\n".join(line for line in said.splitlines() if line.startswith("2 runs"))
    return SECTION.format(medium=medium, title=f"{medium.capitalize()}s", table=table)


def main() -> None:
    start = time.time()
    shutil.rmtree(HERE, ignore_errors=True)
    sections = "".join(map(show, RECIPES))
    minutes = (time.time() - start) / 60
    (HERE / "index.html").write_text(PAGE.format(minutes=minutes, sections=sections))
    print(f"\nDone in {minutes:.1f} minutes. Look at {HERE / 'index.html'}")


if __name__ == "__main__":
    main()
