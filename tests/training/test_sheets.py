"""A contact sheet shows the pixels it was given, magnifies an attack's change truly, and cuts no title off."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.batch import Batch
from training.sheets import PAPER, draw_samples, draw_views, samples_shown


def batch_of(samples: int, negatives: int, length: int, side: int) -> Batch:
    draw = torch.Generator().manual_seed(0)
    first, second = torch.rand(2, samples, length, 3, side, side, generator=draw)
    return Batch(
        (first, second), torch.rand(samples, negatives, length, 3, side, side, generator=draw),
        torch.arange(100, 100 + samples), torch.zeros(samples, dtype=torch.long),
    )  # fmt: skip


def worsened(batch: Batch) -> torch.Tensor:
    """A change of 0.02 in one pixel of sample 1, of 0.01 in one of sample 0, of 0.5 in a sample that is not shown."""
    view = batch.views[0].clone()
    view[1, :, 0, 2, 3] += 0.02
    view[0, :, 1, 0, 0] -= 0.01
    view[9, :, 0, 0, 0] += 0.5
    return view


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def pictures(figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for image in figure.axes[0].images]


def picture(clips: torch.Tensor, sample: int, frame: int = 0) -> np.ndarray:
    return clips[sample, frame].permute(1, 2, 0).numpy()


def test_images_are_shown_pixel_by_pixel_in_columns():
    batch = batch_of(10, 2, 1, 16)
    adversarial = worsened(batch)
    figure = draw_views(batch, adversarial)
    shown, titles = pictures(figure), texts(figure)
    heads = ["view 0", "negative 0", "negative 1", "adversarial", "change × 25", "view 1"]
    assert titles[:7] == [*heads, "sample 100"] and titles.count("sample 107") == 1 and len(shown) == 8 * 6
    for i in range(8):
        row = shown[6 * i : 6 * i + 6]
        for found, clips in zip(row, [batch.views[0], *batch.negatives.unbind(1), adversarial], strict=False):
            assert np.array_equal(found, picture(clips.clamp(0, 1), i))
        assert np.array_equal(row[5], picture(batch.views[1], i))


def test_the_change_is_magnified_until_the_largest_shown_fills_the_scale():
    batch = batch_of(10, 0, 1, 16)
    figure = draw_views(batch, worsened(batch))
    assert texts(figure)[2] == "change × 25"  # 0.5 / 0.02: the sample that is not shown does not count
    first, second = pictures(figure)[2], pictures(figure)[6]
    assert second[2, 3, 0] == pytest.approx(1, abs=1e-5) and first[0, 0, 1] == pytest.approx(0.25, abs=1e-5)
    assert np.count_nonzero(np.abs(first - 0.5) > 1e-3) == np.count_nonzero(np.abs(second - 0.5) > 1e-3) == 1


def test_the_change_is_that_of_the_view_that_was_moved():
    batch = batch_of(3, 0, 1, 8)
    moved = batch.views[1].clone()
    moved[0, 0, 1, 4, 5] += 0.05
    figure = draw_views(batch, moved, moved=1)
    assert texts(figure)[:4] == ["view 0", "adversarial 1", "change × 10", "view 1"]
    assert np.count_nonzero(np.abs(pictures(figure)[2] - 0.5) > 1e-3) == 1


def test_without_an_attack_nothing_of_it_is_shown():
    assert texts(draw_views(batch_of(2, 1, 1, 8)))[:3] == ["view 0", "negative 0", "view 1"]


@pytest.mark.parametrize("views", [1, 3])
@pytest.mark.parametrize("length", [1, 4])
def test_as_many_views_are_shown_as_there_are(views: int, length: int):
    batch = batch_of(2, 0, length, 8)
    clips = (*batch.views, 1 - batch.views[0])[:views]
    figure = draw_views(replace(batch, views=clips))
    titles = dict.fromkeys(title for title in texts(figure) if title.startswith("view"))
    assert list(titles) == [f"view {v}" for v in range(views)]
    shown = pictures(figure)
    assert len(shown) == 2 * views
    assert all(np.array_equal(shown[v][:, :8], picture(clips[v], 0)) for v in range(views))


def test_an_attack_that_changed_nothing_shows_grey():
    batch = batch_of(2, 0, 1, 8)
    assert (pictures(draw_views(batch, batch.views[0].clone()))[2] == 0.5).all()


@pytest.mark.parametrize(("length", "frames"), [(4, [0, 1, 2, 3]), (16, [0, 2, 4, 6, 8, 10, 12, 15])])
def test_clips_are_film_strips_of_evenly_spaced_frames(length, frames):
    batch = batch_of(10, 1, length, 16)
    adversarial = worsened(batch)
    figure = draw_views(batch, adversarial)
    shown = pictures(figure)
    assert samples_shown(batch, adversarial) == len(shown) / 5 == 4
    assert texts(figure)[-1] == f"frames {', '.join(map(str, frames))} of {length}"
    for number, clips in enumerate([batch.views[0], batch.negatives[:, 0], adversarial.clamp(0, 1)]):
        strip = shown[5 + number]  # of sample 1
        assert strip.shape == (16, 17 * len(frames) - 1, 3)
        for place, frame in enumerate(frames):
            assert np.array_equal(strip[:, 17 * place : 17 * place + 16], picture(clips, 1, frame))
        assert np.allclose(strip[:, 16], PAPER)


@pytest.mark.parametrize(
    ("length", "side", "negatives"), [(1, 32, 4), (1, 224, 1), (16, 32, 3), (8, 112, 0), (1, 300, 0)]
)
def test_no_title_is_cut_off_and_no_picture_stretched_or_covered(length, side, negatives):
    batch = batch_of(10, negatives, length, side)
    names = [f"{i} a_class_of_a_long_name/and_a_file_of_one_{i:06d}" for i in batch.ids.tolist()]
    figure = draw_views(batch, worsened(batch), names, "a caption that says much of the attack, and of its weights")
    figure.canvas.draw()
    paper = figure.bbox
    boxes = [image.get_window_extent() for image in figure.axes[0].images]
    for box, pixels in zip(boxes, pictures(figure), strict=True):
        assert box.width / box.height == pytest.approx(pixels.shape[1] / pixels.shape[0], rel=0.01)
        assert min(box.width, box.height) > 90 and paper.containsx(box.x0 + 1) and paper.containsx(box.x1 - 1)
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= paper.x1 and box.y1 <= paper.y1, text.get_text()
        assert not any(box.overlaps(other) for other in boxes), text.get_text()


def test_samples_of_a_data_set_are_shown_with_their_classes():
    clips = torch.rand(10, 1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    figure = draw_samples(clips, [f"class {i}" for i in range(10)], "ten")
    assert texts(figure) == [*(t for i in range(8) for t in [f"class {i}"]), "", "class 8", "class 9", "", "ten"]
    assert all(np.array_equal(found, picture(clips, i)) for i, found in enumerate(pictures(figure)))
