"""WebDataset tars become samples wherever they lie, and nothing of a damaged one is lost or passed over."""

import gzip
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import fsspec
import pytest
from fsspec.registry import _registry as registered
from fsspec.registry import known_implementations

from shards.quarantine import read_quarantine
from shards.read import Shards
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.synthetic import Synthetic
from shards.sources.tars import WebDataset
from tests.making import make_all
from tests.shards.conftest import picture

Files = dict[str, bytes]
TWO: Files = {"a.jpg": b"A", "a.cls": b"1", "b.jpg": b"B", "b.cls": b"0"}


def tar(files: Files | list[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def put(file: Path, files: Files | list[tuple[str, bytes]] = TWO) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(tar(files))
    return file


def read(*tars: Path | str, class_count: int | None = 2, **options) -> dict[str, list[Sample | Rejected]]:
    source = WebDataset(tuple(map(str, tars)), class_count=class_count, **options)
    return {
        split: [s for item in found.items for s in source.samples(item)] for split, found in source.splits().items()
    }


def names(*tars: Path | str, **options) -> dict[str, list[str]]:
    return {split: [s.name for s in samples] for split, samples in read(*tars, **options).items()}


def reasons(*tars: Path | str, **options) -> dict[str, str]:
    """By name, ``""`` for what is sound."""
    return {s.name: getattr(s, "reason", "") for samples in read(*tars, **options).values() for s in samples}


def test_every_tar_is_an_item_that_makes_a_shard_of_its_own(tmp_path):
    source = WebDataset((str(put(tmp_path / "0.tar")), str(put(tmp_path / "1.tar"))), class_count=2)
    listing = source.splits()["train"]
    assert (listing.whole, listing.kind, listing.classes) == (True, "image", {"label": ("0", "1")})
    assert [[*source.samples(item)] for item in listing.items] == [
        [Sample(f"{t}/a", {"jpg": b"A"}, 1), Sample(f"{t}/b", {"jpg": b"B"}, 0)] for t in "01"
    ]


def test_paths_patterns_lists_and_folders_name_the_same_tars(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        put(tmp_path / "d" / f"{number:03d}.tar")
    every = {"train": [f"{t:03d}/{key}" for t in range(3) for key in "ab"]}
    for given in (["d"], ["d/*.tar"], ["d/{000..002}.tar"], ["d/000.tar", "d/00{1,2}.tar"], ["d", "d/001.tar"],
                  [f"file://{tmp_path}/d/{{000..002}}.tar"]):  # fmt: skip
        assert names(*given) == every


def test_a_folder_of_folders_is_as_many_splits(tmp_path):
    for split in ("train", "validation", "extra"):
        put(tmp_path / split / "0.tar")
    (tmp_path / "notes").mkdir()
    assert names(tmp_path) == {"extra": ["0/a", "0/b"], "train": ["0/a", "0/b"], "val": ["0/a", "0/b"]}
    assert [*names(tmp_path / "train", split="test")] == ["test"]


def test_tars_of_one_name_keep_their_samples_apart(tmp_path):
    assert names(put(tmp_path / "x" / "0.tar"), put(tmp_path / "y" / "0.tar")) == {
        "train": ["0/a", "0/b", "0~1/a", "0~1/b"]
    }


def test_compressed_tars_are_read_as_they_are(tmp_path):
    (tmp_path / "0.tar.gz").write_bytes(gzip.compress(tar(TWO)))
    assert names(tmp_path) == {"train": ["0/a", "0/b"]}


def test_labels_come_from_json_if_a_key_is_named(tmp_path):
    put(tmp_path / "0.tar", {"a.jpg": b"", "a.json": b'{"y": 1}', "b.jpg": b"", "b.json": b"[[", "c.jpg": b"",
                             "c.json": b'{"y": true}', "d.jpg": b"", "d.json": 9999 * b"[", "e.jpg": b""})  # fmt: skip
    assert reasons(tmp_path, label_key="y") == {
        "0/a": "", "0/b": "its .json does not give 'y'", "0/c": "its label is True, expected 0 to 1",
        "0/d": "its .json does not give 'y'", "0/e": "it has no .json",
    }  # fmt: skip


def test_a_label_that_is_none_is_a_reason(tmp_path):
    labels = (b"1\n", b"2", b"-1", b"cat", 9999 * b"9")
    put(tmp_path / "0.tar", [pair for i, said in enumerate(labels) for pair in ((f"{i}.jpg", b""), (f"{i}.cls", said))])
    put(tmp_path / "1.tar", {"x.jpg": b""})
    assert [*reasons(tmp_path).values()] == ["", "its label is 2, expected 0 to 1", "its label is -1, expected 0 to 1",
        "its .cls is no whole number", "its .cls is no whole number", "it has no .cls"]  # fmt: skip


def test_classes_are_named_in_a_file_counted_or_denied(tmp_path):
    put(tmp_path / "0.tar")
    (tmp_path / "names.txt").write_text("ant\nbee\x1b[31m\n\n", "utf-8")
    source = WebDataset((str(tmp_path),), classes=tmp_path / "names.txt")
    assert source.splits()["train"].classes == {"label": ("ant", "bee_[31m")}
    (unlabelled,) = WebDataset((str(tmp_path),), class_count=0).splits().values()
    assert unlabelled.classes == {"label": ("unlabelled",)}
    assert [s.label for s in read(tmp_path, class_count=0)["train"] if isinstance(s, Sample)] == [0, 0]
    for options in ({}, {"class_count": -1}, {"class_count": 2, "classes": tmp_path / "names.txt"}):
        with pytest.raises(Refusal, match="either --classes FILE or --class-count N"):
            WebDataset((str(tmp_path),), **options).splits()
    for text in (b"", b"a\na\n", b"\xff"):
        (tmp_path / "names.txt").write_bytes(text)
        with pytest.raises(Refusal, match="names.txt (must name each class once|is not to be read as text)"):
            source.splits()


def test_the_image_is_the_one_file_of_its_kind(tmp_path):
    put(tmp_path / "0.tar", {
        "a.mp4": b"", "a.in.jpg": b"1", "b.seg.png": b"", "b.png": b"2", "c.in.jpg": b"", "c.out.jpg": b"3",
        "d.txt": b"", "e.texture.jpg": b"", "f.jpg": b"4", "f.texture.jpg": b"5",
    })  # fmt: skip
    found = {s.name[2:]: s for s in read(tmp_path, class_count=0)["train"]}
    assert {name: s.media for name, s in found.items() if isinstance(s, Sample)} == {
        "a": {"jpg": b"1"}, "b": {"png": b"2"}, "f": {"jpg": b"4", "texture.jpg": b"5"},
    }  # fmt: skip
    assert {name: s.reason.partition(",")[0] for name, s in found.items() if isinstance(s, Rejected)} == {
        "c": "it holds 2 images", "d": "it holds no images", "e": "it holds no images",
    }  # fmt: skip
    assert reasons(tmp_path, class_count=0, member="out.jpg")["0/c"] == ""
    assert [s.name for s in read(tmp_path, class_count=0, medium="video")["train"] if isinstance(s, Sample)] == ["0/a"]


def test_odd_neighbours_cost_no_sample(tmp_path):
    put(tmp_path / "0.tar", [
        ("__meta__/x.jpg", b""), ("__info__", b""), ("README", b""), ("._a.jpg", b""), ("./a.jpg", b"1"),
        ("a.JPG.txt", b""), ("b.jpg", b""), ("b.JPG", b""), ("B.jpg", b"2"), ("a.jpg", b"3"), ("x!/c.jpg", b"4"),
        ("x?/c.jpg", b"5"),
    ])  # fmt: skip
    assert reasons(tmp_path, class_count=0) == {
        "0/a": "", "0/b": "its jpg comes twice", "0/B": "", "0/a~1": "", "0/x_/c": "", "0/x_/c~1": "",
    }  # fmt: skip


CUTS = [512, 700, 1024, 1536, 1600, 2048, 2100, 3072, 3584, 4096, 4100]


@pytest.mark.parametrize("length", CUTS)
def test_samples_before_a_cut_are_kept_and_the_tar_is_named(tmp_path, length):
    (tmp_path / "0.tar").write_bytes(put(tmp_path / "x" / "0.tar").read_bytes()[:length])
    source, found = WebDataset((str(tmp_path / "0.tar"),), class_count=2), []
    with pytest.raises(Refusal, match=f"^{tmp_path}/0.tar is damaged behind byte [0-9]+ .*; fetch it again"):
        for sample in source.samples(source.splits()["train"].items[0]):
            found.append(sample)
    assert [type(one) for one in found] == [Sample, Rejected][length < 2560 :]  # by then the second sample has begun
    assert found[-1].reason == "its tar breaks off within it, or right behind it"


def test_a_tar_without_an_end_says_so(tmp_path):
    (tmp_path / "0.tar").write_bytes(tar(TWO)[:4096])
    with pytest.raises(Refusal, match="behind byte 4096 .its end is missing."):
        read(tmp_path)


def test_files_of_absurd_size_are_not_read(tmp_path):
    put(
        tmp_path / "0.tar",
        {"a.jpg": b"", "a.cls": b"0" + bytes(2**20), "a.txt": bytes(2**21), "b.jpg": b"", "b.cls": b"0"},
    )
    assert reasons(tmp_path) == {"0/a": "its cls has 1048577 bytes, at most 1048576 are read", "0/b": ""}


def test_nothing_but_tars_is_refused(tmp_path):
    for content in (b"", b"no tar", bytes(range(256)) * 8):
        (tmp_path / "0.tar").write_bytes(content)
        with pytest.raises(Refusal, match="0.tar is damaged"):
            read(tmp_path)


@pytest.mark.parametrize("given, said", [
    ("pipe:touch {tmp}/ran", "would run a program"), ("no.tar", "there is no no.tar; check the path"),
    ("{tmp}", "holds neither tars"),
    ("x/{{0..3.tar", "is no path, list or address"), ("ftq://x/0.tar", "fsspec opens no ftq://"),
    ("simplecache::https://x/0.tar", "one SCHEME://PATH"), ("s3://bucket/*.tar", "list several as"),
])  # fmt: skip
def test_what_cannot_be_opened_is_refused_with_a_remedy(tmp_path, given, said):
    with pytest.raises(Refusal, match=said):
        read(given.format(tmp=tmp_path))
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("scheme, extra", [("odd", "odd"), ("https", "http")])
def test_a_missing_library_is_named(monkeypatch, scheme, extra):
    monkeypatch.delitem(registered, scheme, raising=False)
    monkeypatch.setitem(known_implementations, scheme, {"class": "not_there.Odd", "err": "install it"})
    with pytest.raises(
        Refusal, match=rf"{scheme}://b/0.tar needs a library that is missing: pip install 'fsspec\[{extra}\]'"
    ):
        read(f"{scheme}://b/0.tar")


def test_a_tar_that_is_not_there_is_no_damage():
    with pytest.raises(FileNotFoundError, match="no such tar: 'memory://nowhere/0.tar'"):
        read("memory://nowhere/0.tar")


def test_a_failing_stream_is_no_damage_and_gives_no_secret_away(monkeypatch):
    class Failing(io.BytesIO):
        def read(self, count: int | None = -1) -> bytes:
            raise RuntimeError("503 for memory://key:pass@host/0.tar?sign=secret")

    monkeypatch.setattr(fsspec, "open", lambda *_: type("Opening", (), {"open": lambda self: Failing()})())
    with pytest.raises(OSError, match="RuntimeError: 503 for memory://host/0.tar$"):
        read("memory://key:pass@host/0.tar?sign=secret")


def test_a_signed_address_is_not_written_down(tmp_path):
    fsspec.filesystem("memory").pipe("/signed/1.tar", tar({"a.jpg": picture(), "a.cls": b"0"}))
    fsspec.filesystem("memory").pipe("/signed/2.tar?sign=secret", b"no tar")
    source = WebDataset(("memory://signed/1.tar", "memory://signed/2.tar?sign=secret"), class_count=1)
    make_all(source, source.splits()["train"], tmp_path / "out", 9)
    (left_out,) = read_quarantine(tmp_path / "out")
    assert left_out.name == "2" and "memory://signed/2.tar is damaged" in left_out.reason
    assert not [file for file in (tmp_path / "out").iterdir() if b"secret" in file.read_bytes()]


def test_tars_are_read_from_memory():
    fsspec.filesystem("memory").pipe("/wds/0.tar", tar(TWO))
    assert names("memory://wds/{0..0}.tar") == {"train": ["0/a", "0/b"]}


@pytest.fixture
def server(tmp_path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

        def do_GET(self) -> None:
            if not self.path.startswith("/away"):
                return super().do_GET()
            self.send_response(302)
            self.send_header("Location", f"file://{tmp_path}/0.tar")
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_tars_are_read_over_http(server, tmp_path):
    pytest.importorskip("aiohttp")
    put(tmp_path / "0.tar")
    assert names(f"{server}/{{0..0}}.tar?signature=secret") == {"train": ["0/a", "0/b"]}
    with pytest.raises(FileNotFoundError):
        read(f"{server}/1.tar")
    with pytest.raises(OSError, match="away.tar"):
        read(f"{server}/away.tar")


def test_a_data_set_that_was_made_here_brings_all_it_knows(tmp_path):
    first = Synthetic("image", train=5, test=3, side=16)
    for split, listing in first.splits().items():
        make_all(first, listing, tmp_path / "old" / split, 2, 1)
    again = WebDataset((str(tmp_path / "old"),))
    for split, listing in again.splits().items():
        assert listing.kind == "image" and listing.classes == first.splits()[split].classes
        make_all(again, listing, tmp_path / "new" / split, 1, 1)
        old, new = (Shards(tmp_path / which / split) for which in ("old", "new"))
        assert sorted(old.index.name) == sorted(new.index.name)
        said = [
            {n: (label, *f) for n, label, f in zip(i.name, i.label, i.facts.tolist(), strict=True)}
            for i in (old.index, new.index)
        ]
        assert said[0] == said[1]
    assert [*WebDataset((str(tmp_path / "old" / "test"),)).splits()] == ["test"]
    shard = next((tmp_path / "new" / "test").glob("*.tar"))
    shard.write_bytes(shard.read_bytes().rstrip(b"\0") + bytes(-len(shard.read_bytes().rstrip(b"\0")) % 512) + tar([
        ("x.jpg", b""), ("x.cls", b"0"), ("x.json", b'{"shape": 0, "texture": 0}'), ("y.jpg", b""), ("x.jpg", b""),
    ]))  # fmt: skip
    assert [*reasons(tmp_path / "new" / "test", class_count=None).values()].count(
        "a sample named 'x' came before it"
    ) == 1
    with pytest.raises(Refusal, match="'test' is made of several data sets"):
        WebDataset((str(tmp_path / "old"), str(tmp_path / "new" / "test"))).splits()
