"""Writes random image files and what PIL makes of them: usage: random_images.py FOLDER SEED COUNT

sums.tsv: file, crc32 of the RGB bytes, width and height and filter of a resize, crc32 of its bytes, size of the
clip pipeline, crc32 of its floats. PilAgreementTest runs it where a Python with PIL is at hand.
"""

import os
import sys

import numpy as np
import PIL
from PIL import Image

from pipelines import crc, floats, hugging_face

MODES = {"png": ["RGB", "RGBA", "L", "LA", "P", "1", "I"], "jpg": ["RGB", "L", "CMYK"], "gif": ["P", "L"], "bmp": ["RGB", "L"]}
if int(PIL.__version__.split(".")[0]) > 9:
    MODES["png"].remove("I")  # later ones read 16-bit grey otherwise; the project follows 9


def content(draw, width, height):
    """Smooth fields with some noise: like a photograph in its frequencies."""
    small = draw.integers(0, 256, (draw.integers(1, 9), draw.integers(1, 9), 3)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(small).resize((width, height), Image.BICUBIC)).astype(int)
    noise = draw.integers(-20, 21, smooth.shape) * draw.integers(0, 3)
    return Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8))


def save(draw, image, name, extension, mode):
    if mode == "I":
        wide = np.asarray(image.convert("L")).astype(np.int32) * int(draw.choice([1, 2, 200]))
        image = Image.fromarray(wide.astype("<i4"), "I")
    elif mode in ("RGBA", "LA"):
        image = image.convert(mode)
        image.putalpha(Image.fromarray(draw.integers(0, 256, image.size[::-1]).astype(np.uint8)))
    else:
        image = image.convert(mode)
    options = {}
    if extension == "jpg":
        options = {"quality": int(draw.integers(5, 101)), "progressive": bool(draw.integers(0, 2))}
        if mode == "RGB":
            options["subsampling"] = int(draw.integers(0, 3))
    image.save(name, **options)


def main():
    folder, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    draw = np.random.default_rng(seed)
    with open(os.path.join(folder, "sums.tsv"), "w") as f:
        for i in range(count):
            extension = str(draw.choice(["png", "jpg", "jpg", "jpg", "gif", "bmp"]))
            mode = str(draw.choice(MODES[extension]))
            longest = int(draw.choice([3, 40, 300]))
            width, height = int(draw.integers(1, longest + 1)), int(draw.integers(1, longest + 1))
            name = "%03d-%s-%dx%d.%s" % (i, mode, width, height, extension)
            save(draw, content(draw, width, height), os.path.join(folder, name), extension, mode)
            image = Image.open(os.path.join(folder, name)).convert("RGB")
            to = int(draw.integers(1, 301)), int(draw.integers(1, 301))
            filtering = str(draw.choice(["BILINEAR", "BICUBIC"]))
            resized = image.resize(to, getattr(Image, filtering))
            size = int(draw.integers(1, 65))
            clip = hugging_face(image, size)[1]
            row = [name, crc(image.tobytes()), *to, filtering, crc(resized.tobytes()), size, floats(clip)]
            f.write("\t".join(map(str, row)) + "\n")


main()
