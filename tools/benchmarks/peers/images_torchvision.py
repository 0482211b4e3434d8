"""torchvision's ImageFolder under torch's DataLoader."""

from crops import drain, open_cut
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from turns import take_turns


class Numbered(ImageFolder):
    """An ImageFolder that hands out bytes and crops them by sample number."""

    def __init__(self, task: dict):
        super().__init__(task["folder"])
        self.numbers, self.cut = {file: number for number, file in enumerate(task["files"])}, open_cut(task)

    def __getitem__(self, index: int):
        path, _ = self.samples[index]
        with open(path, "rb") as file:
            return self.cut(file.read(), self.numbers[path])


def prepare(task: dict):
    loader = DataLoader(
        Numbered(task), task["batch"], shuffle=True, num_workers=task["threads"], persistent_workers=True
    )
    return lambda add_up: drain(loader, task["passes"], add_up)


take_turns(prepare, "torchvision", "torch", "pillow")
