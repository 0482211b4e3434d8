"""One record per finished shard, so that a making that was stopped goes on, and machines need not talk."""

import json
from dataclasses import asdict

from shards.manifest import ShardEntry
from shards.sample import Rejected
from shards.target import Target
from shards.write import Written

MAKING = "making"  # the folder of what is only there while a data set is being made


def record_name(shard: int) -> str:
    return f"{shard:06d}.json"


def write_record(making: Target, shard: int, written: Written) -> None:
    making.write(record_name(shard), json.dumps(asdict(written)).encode())


def read_record(making: Target, shard: int) -> Written:
    found = json.loads(making.read(record_name(shard)))
    entry = ShardEntry(**found["entry"]) if found["entry"] else None
    return Written(entry, tuple(Rejected(**one) for one in found["rejected"]))
