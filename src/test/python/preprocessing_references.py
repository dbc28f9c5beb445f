"""Writes resize.tsv, pipeline.tsv and photographs.tsv: checksums of what PIL, numpy and torchvision give.

usage: python3 src/test/python/preprocessing_references.py [FOLDER OF PHOTOGRAPHS]

Debian: apt install python3-pil python3-numpy python3-torchvision. Without the folder the committed
photographs.tsv stays as it is.
"""

import os
import sys

import numpy as np
import torchvision.transforms as transforms
from PIL import Image

import patterns
from pipelines import crc, floats, hugging_face

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "resources", "io", "attune", "clip")
KINDS = ["noise", "ramp", "blocks"]
FILTERS = {"BILINEAR": Image.BILINEAR, "BICUBIC": Image.BICUBIC}
PAPER_MEAN = [0.52997664, 0.48070561, 0.41943838]
PAPER_STD = [0.27608301, 0.26593025, 0.28238822]

# fmt: off
RESIZES = [
    (64, 64, 64, 64), (64, 48, 32, 24), (65, 47, 31, 23), (31, 23, 65, 47), (1, 1, 1, 1), (1, 1, 7, 5),
    (7, 5, 1, 1), (1, 40, 9, 9), (40, 1, 9, 9), (2, 2, 3, 3), (300, 3, 7, 11), (3, 300, 11, 7),
    (100, 80, 100, 33), (100, 80, 37, 80), (257, 129, 224, 224), (224, 224, 225, 223), (500, 7, 499, 7),
    (1000, 2, 10, 100), (13, 17, 224, 224), (333, 500, 224, 336),
]
PIPELINES = [
    (64, 64, 224), (500, 333, 224), (333, 500, 224), (451, 300, 224), (300, 451, 64), (641, 427, 224),
    (224, 1, 32), (1, 50, 32), (227, 224, 224), (224, 227, 224), (231, 224, 224), (15, 11, 8), (11, 15, 8),
]
# fmt: on


def openai(image, size):
    """The pixels that OpenAI's torchvision pipeline normalises."""
    steps = [transforms.Resize(size, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(size)]
    return np.asarray(transforms.Compose(steps)(image))


def paper(image, size):
    steps = [
        transforms.Resize((size, size)),
        transforms.ToTensor(),
        transforms.Normalize(PAPER_MEAN, PAPER_STD),
    ]
    return transforms.Compose(steps)(image).numpy()


def pipeline_sums(image, size):
    hf_bytes, hf_floats = hugging_face(image, size)
    return [
        crc(np.ascontiguousarray(hf_bytes).tobytes()),
        floats(hf_floats),
        crc(np.ascontiguousarray(openai(image, size)).tobytes()),
        floats(paper(image, size)),
    ]


def write(name, header, rows):
    with open(os.path.join(OUT, name), "w") as f:
        f.write("# " + "\t".join(header) + "\n")
        for row in rows:
            f.write("\t".join(str(v) for v in row) + "\n")
    print(name, len(rows))


def main():
    rows = []
    for size in RESIZES:
        for kind in KINDS:
            image = patterns.image(kind, size[0], size[1])
            for name, code in FILTERS.items():
                rows.append([kind, *size, name, crc(image.resize(size[2:], code).tobytes())])
    write("resize.tsv", ["pattern", "width", "height", "to width", "to height", "filter", "crc32 of bytes"], rows)

    rows = []
    for width, height, size in PIPELINES:
        for kind in KINDS:
            rows.append([kind, width, height, size, *pipeline_sums(patterns.image(kind, width, height), size)])
    sums = ["clip bytes", "clip floats", "bytes with torchvision's crop", "paper floats"]
    write("pipeline.tsv", ["pattern", "width", "height", "size", *sums], rows)

    if len(sys.argv) > 1:
        rows = []
        for name in sorted(os.listdir(sys.argv[1])):
            image = Image.open(os.path.join(sys.argv[1], name)).convert("RGB")
            rows.append([name, *image.size, crc(image.tobytes()), *pipeline_sums(image, 224)])
        write("photographs.tsv", ["file", "width", "height", "decoded bytes", *sums], rows)


main()
