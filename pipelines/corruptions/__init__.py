"""Corruptions of clips. One file per family; to add one, add its file and name it here.

Each is called with clips, the numbers of their samples and a severity, 1 … 5.
"""

from pipelines.corruptions.blur import defocus_blur, gaussian_blur, glass_blur, motion_blur, zoom_blur
from pipelines.corruptions.coarse import jpeg_compression, pixelate
from pipelines.corruptions.coding import h264_compression, mpeg4_compression
from pipelines.corruptions.colours import brightness, contrast, saturate
from pipelines.corruptions.corruption import Corruption
from pipelines.corruptions.damage import codec_damage
from pipelines.corruptions.elastic import elastic_transform
from pipelines.corruptions.frost import frost
from pipelines.corruptions.noise import gaussian_noise, impulse_noise, shot_noise, speckle_noise
from pipelines.corruptions.spatter import spatter
from pipelines.corruptions.timing import frame_drop, freeze, jitter, rate_change
from pipelines.corruptions.weather import fog, snow

STANDARD = (
    Corruption("gaussian_noise", gaussian_noise),
    Corruption("shot_noise", shot_noise),
    Corruption("impulse_noise", impulse_noise),
    Corruption("defocus_blur", defocus_blur),
    Corruption("glass_blur", glass_blur),
    Corruption("motion_blur", motion_blur),
    Corruption("zoom_blur", zoom_blur),
    Corruption("snow", snow),
    Corruption("frost", frost, optional=True),
    Corruption("fog", fog),
    Corruption("brightness", brightness),
    Corruption("contrast", contrast),
    Corruption("elastic_transform", elastic_transform),
    Corruption("pixelate", pixelate),
    Corruption("jpeg_compression", jpeg_compression),
)
"""The fifteen of ImageNet-C in its order: noise, blur, weather, digital."""
EXTRA = (
    Corruption("speckle_noise", speckle_noise),
    Corruption("gaussian_blur", gaussian_blur),
    Corruption("spatter", spatter, optional=True),
    Corruption("saturate", saturate),
)
"""The four that ImageNet-C keeps for validation."""
MOTION = (
    Corruption("codec_damage", codec_damage),
    Corruption("h264_compression", h264_compression),
    Corruption("mpeg4_compression", mpeg4_compression),
    Corruption("frame_drop", frame_drop),
    Corruption("rate_change", rate_change),
    Corruption("jitter", jitter),
    Corruption("freeze", freeze),
)
"""Those of clips alone, all ours: no standard says how severe they are."""
