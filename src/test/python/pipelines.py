"""CLIPImageProcessor in PIL and numpy, and the sums by which both sides are compared."""

import zlib

import numpy as np
from PIL import Image

CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]


def crc(data):
    return "%08x" % zlib.crc32(data)


def floats(array):
    return crc(np.ascontiguousarray(array, dtype="<f4").tobytes())


def hugging_face(image, size):
    """CLIPImageProcessor on PIL and numpy: returns the bytes and the float32 [3, size, size]."""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    scaled = int(size * long / short)
    new = (size, scaled) if width <= height else (scaled, size)
    a = np.asarray(image.resize(new, Image.BICUBIC))
    top, left = (new[1] - size) // 2, (new[0] - size) // 2
    a = a[top : top + size, left : left + size]
    x = (a.astype(np.float64) * (1 / 255)).astype(np.float32)
    x = (x - np.array(CLIP_MEAN, np.float32)) / np.array(CLIP_STD, np.float32)
    return a, x.transpose(2, 0, 1)
