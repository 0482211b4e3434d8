"""The whole road on generated data: shards, two pretraining runs, evaluation, a page to look at.

Runs the very commands that the README shows, each printed before it runs. Everything lies in .demo/, which git ignores.
"""

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(".demo")
PAGE = """<!doctype html><meta charset="utf-8"><title>antipodal demo</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto}}img{{max-width:100%}}</style>
<h1>antipodal demo</h1><p>Pretrained from real JPEG and H.264 files in {minutes:.1f} minutes on this machine.</p>{runs}
"""
RUN = """<h2><a href="{name}/report.html">{name}</a></h2><pre>{table}</pre>
<img src="{name}/curves.png" alt="curves"><img src="{name}/views.png" alt="views">"""


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


def main() -> None:
    start = time.time()
    shutil.rmtree(HERE, ignore_errors=True)
    sections = []
    for name, medium in (("simclr-synthetic", "image"), ("simclr-moving", "video")):
        data, out = HERE / "data" / medium, HERE / name
        run(f"python tools/make_shards.py --out {data} synthetic --medium {medium} --seed 1 {COUNTS[medium]}")
        run(f"accelerate launch --quiet training/pretrain.py {name} --loader.shards {data / 'train'} --out {out}")
        table = run(f"python training/evaluate.py {out} --test {data / 'test'} --neighbours 20")
        sections.append(RUN.format(name=name, table="\n".join(line for line in table.splitlines() if " · " in line)))
    minutes = (time.time() - start) / 60
    (HERE / "index.html").write_text(PAGE.format(minutes=minutes, runs="".join(sections)))
    print(f"\nDone in {minutes:.1f} minutes. Look at {HERE / 'index.html'}")


COUNTS = {"image": "--train 8192 --test 1024", "video": "--train 2048 --test 512"}

if __name__ == "__main__":
    main()
