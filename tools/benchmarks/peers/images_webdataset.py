"""The webdataset library on the same tars."""

import webdataset
from crops import drain, open_cut
from turns import take_turns


def prepare(task: dict):
    numbers, cut = {name: number for number, name in enumerate(task["names"])}, open_cut(task)

    def crops(sample: dict):
        content = next(content for name, content in sample.items() if name in ("jpg", "jpeg", "JPEG"))
        return cut(content, numbers[sample["__key__"]])

    data = webdataset.WebDataset(task["tars"], shardshuffle=len(task["tars"])).map(crops)
    loader = webdataset.WebLoader(data, task["batch"], num_workers=task["threads"], persistent_workers=True)
    return lambda add_up: drain(loader, task["passes"], add_up)


take_turns(prepare, "webdataset", "torch", "pillow")
