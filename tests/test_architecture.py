"""The rules of the house, kept by the tests rather than by memory."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOW = ["shards", "pipelines", "training"]  # data flows left to right; imports point right to left
ROOMS = {  # third-party library → where it may be imported
    "webdataset": {"shards", "tools"},
    "fsspec": {"shards"},
    "braceexpand": {"shards"},
    "xxhash": {"shards"},
    "scipy": {"shards"},
    "numba": {"shards", "pipelines"},
    "ray": {"shards"},
    "pyarrow": {"shards"},
    "plenoptic": {"shards"},
    "nvidia": {"pipelines"},
    "decord": {"pipelines"},
    "simplejpeg": {"pipelines"},
    "cv2": {"pipelines"},
    "imagecorruptions": {"tools"},
    "kornia": {"pipelines"},
    "av": {"shards", "pipelines", "tools"},
    "PIL": {"shards", "pipelines", "tools"},
    "torch": {"pipelines", "training", "tools"},
    "accelerate": {"training"},
    "timm": {"training"},
    "sklearn": {"training", "tools"},
    "torchvision": {"training"},
    "pyautoattack": {"training"},
    "matplotlib": {"training", "tools"},
    "psutil": {"tools"},
    "safetensors": {"training"},
    "onnx": {"training"},
    "onnxruntime": {"training"},
    "onnxscript": {"training"},
    "jaxtyping": {"pipelines", "training"},
    "numpy": {"shards", "pipelines", "training", "tools"},
    "tqdm": {"training", "tools"},
    "tyro": {"shards", "pipelines", "training", "tools"},
}
PEERS = ROOT / "tools" / "benchmarks" / "peers"  # programs in environments of their own, with what they compare
EXCEPT = {
    "shards/textures/portilla.py": {"torch"}
}  # plenoptic's statistics are a torch module, imported when asked for
FILES = {room: sorted((ROOT / room).rglob("*.py")) for room in [*FLOW, "tools"]}
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for room in FLOW
    for file in FILES[room]
}
CEILING = 150  # lines


def imports(file: Path) -> set[str]:
    """Every absolute module name that ``file`` imports, at any depth of the code."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write imports in full"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def libraries(file: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(file)} - set(sys.stdlib_module_names) - {*FLOW, "tools", "tests"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_upstream(module):
    downstream = FLOW[FLOW.index(module.split(".")[0]) + 1 :] + ["tools", "tests"]
    assert not {name.split(".")[0] for name in imports(MODULES[module])} & set(downstream)


def test_no_import_circles():
    TopologicalSorter({m: imports(f) & MODULES.keys() - {m} for m, f in MODULES.items()}).prepare()


def test_each_library_stays_in_its_room():
    strays = {
        f"{file.relative_to(ROOT)} imports {library}"
        for room, files in FILES.items()
        for file in files
        for library in libraries(file)
        if file.parent != PEERS
        if room not in ROOMS.get(library, set()) and library not in EXCEPT.get(file.relative_to(ROOT).as_posix(), set())
    }
    assert not strays


@pytest.mark.parametrize("folder", ["tools", "training", "tools/benchmarks/peers"])
def test_scripts_have_no_neighbour_that_hides_another_module(folder):
    neighbours = {path.stem for path in (ROOT / folder).iterdir()}
    assert not neighbours & (set(sys.stdlib_module_names) | ROOMS.keys() | {"pytest", "tensorboard"})


@pytest.mark.parametrize("room", FLOW)
def test_rooms_come_from_this_checkout(room):
    assert Path(__import__(room).__file__).parent == ROOT / room


def test_readme_maps_every_file():
    readme = (ROOT / "README.md").read_text()
    paths = [f.relative_to(ROOT).as_posix() for files in FILES.values() for f in files if f.name != "__init__.py"]
    assert not [path for path in paths if path not in readme]


def test_readme_maps_no_file_that_is_gone():
    words = (ROOT / "README.md").read_text().split()
    paths = [word for word in words if word.endswith(".py") and word.split("/")[0] in FILES]
    assert paths and not [path for path in paths if not (ROOT / path).is_file()]


def test_files_stay_readable():
    long = {
        f.relative_to(ROOT).as_posix(): n
        for fs in FILES.values()
        for f in fs
        if (n := len(f.read_text().splitlines())) > CEILING
    }
    assert not long


def test_nothing_is_unpickled_or_executed():
    forbidden = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    assert not {str(f) for fs in FILES.values() for f in fs if libraries(f) & forbidden or imports(f) & forbidden}
    text = "".join(f.read_text() for fs in FILES.values() for f in fs)
    assert not [word for word in ("allow_pickle=True", "eval(compile", "exec(") if word in text]


def test_torch_reads_tensors_and_nothing_else():
    loads = [
        {word.arg: ast.unparse(word.value) for word in node.keywords}
        for files in FILES.values()
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "torch.jit.load")
    ]
    assert loads and all(words.get("weights_only") == "True" for words in loads)
    assert not [file for files in FILES.values() for file in files if "torch.load" in imports(file)]


def test_shards_need_no_tensor_library_to_be_made():
    """Not even by way of others: webdataset takes torch with it, numba and Ray take seconds."""
    heavy = {"torch", "webdataset", "numba", "ray", "pyarrow", "scipy", "plenoptic"}
    program = "import sys, shards.make, shards.sources, shards.textures, shards.recode; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not heavy & set(done.stdout.split())
