"""MosaicML Streaming, on shards that it made of the same files."""

from pathlib import Path

from crops import cropped, drain, open_cut
from streaming import MDSWriter, StreamingDataset
from torch.utils.data import DataLoader
from turns import take_turns


def prepare(task: dict):
    folder = Path(task["scratch"], "shards")
    if not folder.exists():
        with MDSWriter(out=str(folder), columns={"number": "int", "content": "bytes"}) as out:
            for number, file in enumerate(task["files"]):
                out.write({"number": number, "content": Path(file).read_bytes()})
    data = cropped(StreamingDataset)(local=str(folder), shuffle=True, batch_size=task["batch"])
    data.cut = open_cut(task)
    loader = DataLoader(data, task["batch"], num_workers=task["threads"], persistent_workers=True)
    return lambda add_up: drain(loader, task["passes"], add_up)


take_turns(prepare, "mosaicml-streaming", "torch", "pillow")
