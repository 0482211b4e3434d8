"""The files of a WebDataset tar that belong to one sample: neighbours whose names are alike up to the first dot."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shards.refusal import Refusal
from shards.sources.strict import strict_members
from shards.sources.urls import open_tar, shown

META = re.compile(r"__[^/]*__($|/)")  # what webdataset takes for remarks about the tar


@dataclass
class Group:
    """The files of one sample, by extension."""

    key: str
    files: dict[str, bytes] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    """Extensions of files that nobody wanted."""
    faults: list[str] = field(default_factory=list)
    """Why it is not to be used."""


def groups(tar: str, most: Callable[[str], int]) -> Iterator[Group]:
    """Every sample of a tar, which may be compressed. ``most`` says how many bytes are read of an extension's files.

    Raises: ``Refusal``, after all that came before, where the tar is damaged; ``OSError`` where it cannot be read.
    """
    from webdataset.tariterators import group_by_keys  # it takes torch, a second and 450 MB to be imported

    damage: list[Refusal] = []
    for sample in group_by_keys(_files(tar, most, damage), keys=split_name):
        found = {extension: said for extension, said in sample.items() if extension not in ("__key__", "__url__")}
        yield Group(
            sample["__key__"],
            {extension: content for extension, content in found.items() if isinstance(content, bytes)},
            [extension for extension, nothing in found.items() if nothing is None],
            [fault for fault in found.values() if isinstance(fault, str)],
        )
    if damage:
        raise damage[0]


def split_name(name: str) -> tuple[str, str]:
    """Key and extension of a member, in lower case; empty for what is no part of a sample."""
    path = name.removeprefix("./")
    folder, slash, file = path.rpartition("/")
    stem, dot, extension = file.partition(".")
    if META.match(path) or not stem or not dot:
        return "", ""
    return f"{folder}{slash}{stem}", extension.lower()


def _files(tar: str, most: Callable[[str], int], damage: list[Refusal]) -> Iterator[dict[str, Any]]:
    """The files of a tar as webdataset's grouping takes them: bytes, ``None`` where nobody wants them, or a fault."""
    key, seen, at = "", set[str](), 0
    try:
        with open_tar(tar) as stream:
            for archive, member in strict_members(stream, "r|*"):
                at = archive.offset
                its, extension = split_name(member.name)
                if not its or member.isdir():
                    continue
                key, seen = its, seen if its == key else set()
                content = _content(extension, archive, member, most(extension), extension in seen)
                # a fault has a place of its own, for the library takes no two files of one extension
                known = f"{key}.{extension}" if not isinstance(content, str) else f"{key}.fault {at}"
                seen.add(extension)
                yield {"fname": known, "data": content, "__url__": tar}
    except OSError:
        raise
    except Exception as error:
        damage.append(Refusal(f"{shown(tar)} is damaged behind byte {at} ({error}); fetch it again"))
        if key:
            said = "its tar breaks off within it, or right behind it"
            yield {"fname": f"{key}.fault", "data": said, "__url__": tar}


def _content(extension: str, archive: Any, member: Any, most: int, again: bool) -> bytes | str | None:
    if not most:
        return None
    if not member.isreg() or member.issparse():
        return f"its {extension} is a link, a device or a sparse file"
    if again:
        return f"its {extension} comes twice"
    if member.size > most:
        return f"its {extension} has {member.size} bytes, at most {most} are read"
    return archive.extractfile(member).read()
