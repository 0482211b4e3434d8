"""Lightning's LitData, on chunks that it made of the same files."""

import os
from pathlib import Path


def main() -> None:
    from crops import cropped, drain, open_cut
    from litdata import StreamingDataLoader, StreamingDataset, optimize
    from turns import take_turns

    def prepare(task: dict):
        folder = Path(task["scratch"], "chunks")
        os.environ["DATA_OPTIMIZER_CACHE_FOLDER"] = str(Path(task["scratch"], "cache"))
        os.environ["DATA_OPTIMIZER_DATA_CACHE_FOLDER"] = str(Path(task["scratch"], "data"))
        if not folder.exists():
            optimize(
                read, [*enumerate(task["files"])], str(folder), chunk_bytes="8MB", num_workers=1, start_method="fork"
            )
        data = cropped(StreamingDataset)(str(folder), shuffle=True)
        data.cut = open_cut(task)
        loader = StreamingDataLoader(
            data, batch_size=task["batch"], num_workers=task["threads"], persistent_workers=True
        )
        return lambda add_up: drain(loader, task["passes"], add_up)

    take_turns(prepare, "litdata", "torch", "pillow")


def read(pair: tuple[int, str]) -> dict:
    number, file = pair
    return {"number": number, "content": Path(file).read_bytes()}


if __name__ == "__main__":
    main()
