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
    group: Group | None = None
    at = 0
    try:
        with open_tar(tar) as stream:
            for archive, member in strict_members(stream, "r|*"):
                at = archive.offset
                key, extension = split_name(member.name)
                if not key or member.isdir():
                    continue
                if group and group.key != key:
                    yield group
                    group = None
                group = group or Group(key)
                _add(group, extension, archive, member, most(extension))
    except OSError:
        raise
    except Exception as error:
        if group:
            yield Group(group.key, faults=["its tar breaks off within it, or right behind it"])
        raise Refusal(f"{shown(tar)} is damaged behind byte {at} ({error}); fetch it again") from error
    if group:
        yield group


def split_name(name: str) -> tuple[str, str]:
    """Key and extension of a member, in lower case; empty for what is no part of a sample."""
    path = name.removeprefix("./")
    folder, slash, file = path.rpartition("/")
    stem, dot, extension = file.partition(".")
    if META.match(path) or not stem or not dot:
        return "", ""
    return f"{folder}{slash}{stem}", extension.lower()


def _add(group: Group, extension: str, archive: Any, member: Any, most: int) -> None:
    if not most:
        group.others.append(extension)
    elif not member.isreg() or member.issparse():
        group.faults.append(f"its {extension} is a link, a device or a sparse file")
    elif extension in group.files:
        group.faults.append(f"its {extension} comes twice")
    elif member.size > most:
        group.faults.append(f"its {extension} has {member.size} bytes, at most {most} are read")
    else:
        group.files[extension] = archive.extractfile(member).read()
