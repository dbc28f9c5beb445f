"""Images whose pixels follow a formula, the same as in Patterns.java: nothing binary is committed."""

import numpy as np
from PIL import Image


def pixels(kind, width, height):
    """uint8 [height, width, 3]."""
    y, x, c = np.meshgrid(
        np.arange(height, dtype=np.uint64),
        np.arange(width, dtype=np.uint64),
        np.arange(3, dtype=np.uint64),
        indexing="ij",
    )
    if kind == "noise":
        v = (((y * np.uint64(width) + x) * np.uint64(3) + c) * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
        v ^= v >> np.uint64(16)
        v = (v * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
        v ^= v >> np.uint64(13)
        v = v >> np.uint64(8)
    elif kind == "ramp":
        v = x * np.uint64(7) + y * np.uint64(13) + c * np.uint64(50)
    elif kind == "blocks":
        v = ((x // np.uint64(5) + y // np.uint64(3) + c) & np.uint64(1)) * np.uint64(255)
    else:
        raise ValueError(kind)
    return (v & np.uint64(255)).astype(np.uint8)


def image(kind, width, height):
    return Image.fromarray(pixels(kind, width, height), "RGB")
