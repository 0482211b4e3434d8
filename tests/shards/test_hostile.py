"""Files and tars that were made to do harm: each is left out with its reason, and what lies beside it is all there."""

import os
import pickle
import signal
import socket
import struct
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shards.quarantine import read_quarantine
from shards.read import Shards
from shards.refusal import Refusal
from shards.sources.folder import Folder
from shards.sources.listing import Source
from shards.sources.places import Place, read_place
from shards.sources.tars import WebDataset
from shards.verify import check_split
from tests.making import make_all
from tests.shards.conftest import picture

GOOD = picture()
HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
LINKS = "a link, a device or a sparse file in a tar"
Reasons = dict[str, str]


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """A hang is a failure."""
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it hangs"))
    signal.alarm(60)
    yield
    signal.alarm(0)


def made(source: Source, out: Path) -> tuple[set[str], Reasons]:
    """Make a data set, check it in full. Returns: names of what is in it; reasons of what was left out, by name."""
    (listing,) = source.splits().values()
    make_all(source, listing, out, 1000)
    assert check_split(out, full=True).faults == []
    names, left_out = Shards(out).index.name.tolist(), read_quarantine(out)
    reasons = {one.name: one.reason for one in left_out}
    assert len(reasons) == len(left_out) and len({*names, *reasons}) == len(names) + len(reasons)
    assert all(text.isprintable() for text in (*names, *reasons, *reasons.values()))
    return {*names}, reasons


def begins(reasons: Reasons, expected: Reasons) -> None:
    assert reasons.keys() == expected.keys()
    assert {name: reasons[name][: len(reason)] for name, reason in expected.items()} == expected


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a hundred bytes and billions of pixels."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )


def entry(name: str | bytes, content: bytes = GOOD, **fields) -> bytes:
    """One member of a tar. A name in bytes need not be text."""
    info = tarfile.TarInfo(os.fsdecode(name))
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    form = tarfile.PAX_FORMAT if fields.get("pax_headers") else tarfile.GNU_FORMAT
    return info.tobuf(form, "utf-8", "surrogateescape") + content + bytes(-len(content) % 512)


def sparse(name: str, content: bytes = GOOD, size: int = 10**10) -> bytes:
    """A file of ``size`` bytes, all of them holes but for the first."""
    header = bytearray(entry(name, b"", type=tarfile.GNUTYPE_SPARSE)[:512])
    header[124:136] = b"%011o\0" % len(content)
    header[386:410] = b"%011o\0%011o\0" % (0, len(content))
    header[483:495] = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:]))
    return bytes(header) + content + bytes(-len(content) % 512)


def modern_sparse(name: str) -> bytes:
    """The same as GNU tar writes it today."""
    said = {"major": "1", "minor": "0", "name": name, "realsize": str(10**10)}
    return entry("x", b"0\n" + bytes(510), pax_headers={f"GNU.sparse.{key}": value for key, value in said.items()})


def odd_members(prefix: str) -> bytes:
    return b"".join([
        entry(f"{prefix}link.jpg", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        entry(f"{prefix}hard.jpg", b"", type=tarfile.LNKTYPE, linkname=f"{prefix}good.jpg"),
        entry(f"{prefix}zero.jpg", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        entry(f"{prefix}disk.jpg", b"", type=tarfile.BLKTYPE), entry(f"{prefix}pipe.jpg", b"", type=tarfile.FIFOTYPE),
        sparse(f"{prefix}sparse.jpg"), modern_sparse(f"{prefix}holes.jpg"),
    ])  # fmt: skip


ODD = ("link", "hard", "zero", "disk", "pipe", "sparse", "holes")
END = bytes(1024)
NAMES: dict[bytes, str] = {  # a file's name without its extension, and the sample's
    b"plain": "plain", b"a": "a", b"A": "A", b"\xff\xfe": "__", b"new\nline\x1b[31m": "new_line__31m",
    b"no\xc3\xafve \xe2\x80\xae": "no\u00efve _", 240 * b"l": 200 * "l",
    b"$(touch ran)": "_(touch ran)", b"%s{0}": "_s_0_",
}  # fmt: skip


def sound(folder: str, *more: str, room: int = 200) -> set[str]:
    """Names of the samples that ``NAMES`` and ``more`` become, of so many letters at most."""
    return {f"{folder}/{name[:room]}" for name in (*NAMES.values(), *more)}


def test_a_folder_of_traps(tmp_path):
    root = tmp_path / "root"
    for folder in ("ant", "bee"):
        (root / folder).mkdir(parents=True)
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(root) + b"/ant/" + name + b".jpg")).write_bytes(GOOD)
    (root / "ant" / "a.JPG").write_bytes(GOOD)
    for name, content in {"empty.jpg": b"", "page.jpg": HTML, "bomb.png": bomb(), "cut.jpg": GOOD[:200]}.items():
        (root / "bee" / name).write_bytes(content)
    os.mkfifo(root / "bee" / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as ear:
        ear.bind(str(root / "bee" / "socket.jpg"))
    for name, to in {
        "zero.jpg": "/dev/zero",
        "nowhere.jpg": "gone",
        "self.jpg": "self.jpg",
        "up": "..",
        "here": ".",
    }.items():
        (root / "bee" / name).symlink_to(to)
    (root / "bee" / "linked.jpg").symlink_to("../ant/plain.jpg")
    names, reasons = made(Folder(root), tmp_path / "out")
    assert names == sound("ant", "a~1", room=196) | {"bee/linked"}
    no_file = "a pipe, a socket or a device, not a file"
    begins(reasons, {
        "bee/empty": "cannot read 0 bytes as 'jpg'", "bee/page": "cannot read 54 bytes as 'jpg'",
        "bee/bomb": "cannot read 65 bytes as 'png'", "bee/cut": "cannot read 200 bytes as 'jpg'",
        "bee/pipe_jpg": no_file, "bee/socket_jpg": no_file, "bee/zero_jpg": no_file,
        "bee/nowhere_jpg": "cannot be opened: No such file", "bee/self_jpg": "cannot be opened: Too many levels",
    })  # fmt: skip


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(Refusal, match="a pipe"):
        read_place(tmp_path, Place("pipe.jpg"))


def test_closed_files_and_folders_are_named(monkeypatch):
    with tempfile.TemporaryDirectory() as root:
        for name in ("ant/open.jpg", "ant/closed.jpg", "bee/x.jpg"):
            (Path(root) / name).parent.mkdir(exist_ok=True)
            (Path(root) / name).write_bytes(GOOD)
        for path, mode in {".": 0o755, "ant/closed.jpg": 0, "bee": 0}.items():
            (Path(root) / path).chmod(mode)
        me, source = os.geteuid(), Folder(Path(root))
        try:
            os.seteuid(me or 65534)  # nothing is closed to root
            listing = source.splits()["train"]
            opened, closed = (source.samples(listing.items[place]) for place in (1, 0))
            assert next(opened).name == "ant/open"
            with pytest.raises(PermissionError):  # which the making takes for a reason
                next(closed)
        finally:
            os.seteuid(me)
            (Path(root) / "bee").chmod(0o700)
        assert [(one.name, one.reason) for one in listing.rejected] == [("bee", "cannot be opened: Permission denied")]


def test_folders_deeper_than_python_calls(tmp_path):
    deep, here = 1200, os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(deep):
            os.mkdir("d")
            os.chdir("d")
        Path("x.jpg").write_bytes(GOOD)
        assert len(Folder(tmp_path).splits()["train"].items) == 1
        Path("x.jpg").unlink()
        for _ in range(deep):  # pytest would take it away by calls
            os.chdir("..")
            os.rmdir("d")
    finally:
        os.chdir(here)


def test_videos_that_are_none(tmp_path, h264):
    (tmp_path / "root" / "ant").mkdir(parents=True)
    clip = h264.read_bytes()
    (tmp_path / "root" / "ant" / "secret.mp4").write_bytes(clip)
    secret = tmp_path / "root" / "ant" / "secret.mp4"
    for name, content in {
        "page": HTML, "empty": b"", "cut": clip[: len(clip) // 2],
        "list": f"ffconcat version 1.0\nfile {secret}\n".encode(),
        "stream": f"#EXTM3U\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n".encode(),
    }.items():  # fmt: skip
        (tmp_path / "root" / "ant" / f"{name}.mp4").write_bytes(content)
    names, reasons = made(Folder(tmp_path / "root"), tmp_path / "out")
    assert names == {"ant/secret"}
    assert reasons.keys() == {f"ant/{name}" for name in ("page", "empty", "cut", "list", "stream")}


def test_a_tar_of_traps_as_a_folder(tmp_path):
    content = b"".join([
        *(entry(b"ant/" + name + b".jpg") for name in NAMES), entry("ant/plain.jpg"), entry("ant/a.JPG"),
        odd_members("bee/"), entry("../../ant/out.jpg"), entry("/ant/root.jpg"), entry("ant/../../x.jpg"),
        entry("ant//y.jpg"), entry("bee/b.jpg"), entry(b"bee/" + 3000 * b"v" + b".jpg"), entry(b"\xff\x1b[2J/z.jpg"),
        entry("bee/bomb.png", bomb()),
    ])  # fmt: skip
    (tmp_path / "root.tar").write_bytes(content + END)
    names, reasons = made(Folder(tmp_path / "root.tar"), tmp_path / "out")
    assert names == sound("ant", "plain~1", "a~1", room=196) | {"bee/b", "___2J/z", "bee/" + 196 * "v"}
    away = "its path leads out of the tar"
    begins(reasons, {f"bee/{name}_jpg": LINKS for name in ODD} | {
        "__/__/ant/out_jpg": away, "ant/root_jpg": away, "ant/__/__/x_jpg": away, "ant/y_jpg": away,
        "bee/bomb": "cannot read 65 bytes as 'png'",
    })  # fmt: skip
    assert [*tmp_path.iterdir()] == [tmp_path / "root.tar", tmp_path / "out"]


def wrong_checksum(tar: bytes) -> bytes:
    return tar[:-1024] + bytes([tar[0] ^ 1]) + tar[1:]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {  # what follows two sound samples; makes a tar's bytes of theirs
    "a member of ten gigabytes": lambda t: t + entry("c.jpg", b"", size=10**10) + GOOD + END,
    "a wrong checksum": lambda t: t + bytes([t[0] ^ 1]) + t[1:] + END,
    "letters where a size belongs": lambda t: t + t[:124] + b"elephants" + t[133:] + END,
    "no end": lambda t: t,
    "a cut header": lambda t: t + t[:300],
    "a cut file": lambda t: t + t[:600],
    "a second tar": lambda t: t + END + t + END,
    "a negative size": lambda t: t + entry("c.jpg", b"", size=-1024) + END,
    "a negative size in a pax header": lambda t: t + entry("c.jpg", pax_headers={"size": "-1024"}) + END,
    "another size in a global header": lambda t: (
        t + entry("g", b"20 size=10000000000\n", type=tarfile.XGLTYPE) + entry("c.jpg") + END
    ),
    "a pax header of many megabytes": lambda t: t + entry("c.jpg", pax_headers={"comment": 5_000_000 * "1"}) + END,
    "a slow pax header": lambda t: t + entry("x", 10_000_000 * b"1", type=tarfile.XHDTYPE) + entry("c.jpg") + END,
    "headers without a member": lambda t: t + 5000 * entry("x", b"9 a=1234\n", type=tarfile.XHDTYPE) + END,
    "a long name without an end": lambda t: t + entry("././@LongLink", 2**20 * b"n", type=tarfile.GNUTYPE_LONGNAME),
    "a sparse file without its map": lambda t: t + sparse("c.jpg")[:482] + b"\1" + sparse("c.jpg")[483:512],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_tar_is_no_folder(tmp_path, damage):
    (tmp_path / "root.tar").write_bytes(DAMAGE[damage](entry("ant/a.jpg") + entry("ant/b.jpg")))
    with pytest.raises(Refusal, match="root.tar is no whole, uncompressed tar"):
        Folder(tmp_path / "root.tar").splits()


def test_damaged_tars_of_samples_lose_nothing_that_came_before(tmp_path):
    (tmp_path / "root").mkdir()
    for number, damage in enumerate(DAMAGE.values()):
        two = entry("a.jpg") + entry("a.cls", b"0") + entry("b.jpg") + entry("b.cls", b"1")
        (tmp_path / "root" / f"{number}.tar").write_bytes(damage(two + entry("x.jpg") + entry("x.cls", b"1")))
    (tmp_path / "root" / "last.tar").write_bytes(entry("a.jpg") + entry("a.cls", b"0") + END)
    names, reasons = made(WebDataset((str(tmp_path / "root"),), class_count=2), tmp_path / "out")
    assert names >= {f"{number}/{key}" for number in range(len(DAMAGE)) for key in "ab"} | {"last/a"}
    for number, damage in enumerate(DAMAGE):
        assert f"root/{number}.tar is damaged behind byte" in reasons.get(str(number), ""), damage
        assert (f"{number}/x" in names) != (f"{number}/x" in reasons), damage


class Bomb:
    def __init__(self, file: Path):
        self._file = file

    def __reduce__(self):
        return Path.touch, (self._file,)


def test_a_tar_of_traps_as_samples(tmp_path):
    poison = pickle.dumps(Bomb(tmp_path / "ran"))
    content = b"".join([
        *(entry(name + b".jpg") for name in NAMES), odd_members(""), entry("../../out.jpg"), entry("/etc/root.jpg"),
        entry("plain.jpg"), entry("p.jpg"),
        *(entry(f"p.{ext}", poison) for ext in ("pyd", "pickle", "pth", "npy", "cls.gz")),
        entry("q.json", poison), entry("q.jpg"), entry("bomb.png", bomb()), entry("page.jpg", HTML), entry("d.jpg"),
        entry("d.JPG"), entry(b"\x1b[2J\xff/" + 3000 * b"v" + b".jpg"), entry("last.jpg"),
    ])  # fmt: skip
    (tmp_path / "t.tar").write_bytes(content + END)
    names, reasons = made(WebDataset((str(tmp_path / "t.tar"),), class_count=0), tmp_path / "out")
    assert names == sound("t", "__/__/out", "etc/root", "plain~1", "p", "q", "last", "__2J_/" + 194 * "v")
    begins(reasons, {f"t/{name}": "its jpg is a link, a device or a sparse file" for name in ODD} | {
        "t/bomb": "cannot read 65 bytes as 'png'", "t/page": "cannot read 54 bytes as 'jpg'",
        "t/d": "its jpg comes twice",
    })  # fmt: skip
    assert not (tmp_path / "ran").exists()
