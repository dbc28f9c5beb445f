"""Writes formats.tsv: small image files of every kind, in base64, and the RGB bytes that PIL reads from them.

usage: python3 src/test/python/format_references.py
The PNG files are put together by hand, so that every colour type, depth, filter and interlacing is there.
"""

import base64
import io
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

import patterns

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "io", "attune", "clip")
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_row(samples, depth):
    if depth == 16:
        return samples.astype(">u2").tobytes()
    if depth == 8:
        return samples.astype(np.uint8).tobytes()
    bits = "".join(format(int(v), "0%db" % depth) for v in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def filtered(row, above, step, kind):
    out = bytearray([kind])
    for i, value in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = above[i]
        c = above[i - step] if i >= step else 0
        p = a + b - c
        near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        out.append((value - [0, a, b, (a + b) // 2, near][kind]) & 255)
    return bytes(out)


def png(samples, color, depth, interlaced=False, extra=b"", split=False):
    """samples [height, width, channels] as integers."""
    height, width, channels = samples.shape
    assert channels == CHANNELS[color]
    step = max(1, channels * depth // 8)
    raw = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y0::dy, x0::dx]
        if part.size == 0:
            continue
        above = None
        for y in range(part.shape[0]):
            row = pack_row(part[y].reshape(-1), depth)
            above = above if above is not None else bytes(len(row))
            raw += filtered(row, above, step, y % 5)
            above = row
    data = zlib.compress(raw)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    parts = [data[i : i + 7] for i in range(0, len(data), 7)] + [b""] if split else [data]
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
    return out + b"".join(chunk(b"IDAT", p) for p in parts) + chunk(b"IEND", b"")


def samples(width, height, channels, depth):
    noise = patterns.pixels("noise", width, height * 3).astype(np.int64).reshape(-1)
    wide = noise[0 : width * height * channels] * 257 + noise[3 : width * height * channels + 3]
    return (wide % (1 << depth)).reshape(height, width, channels)


def png_cases():
    for color, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
        for depth in depths:
            plte = b""
            if color == 3:
                plte = chunk(b"PLTE", patterns.pixels("noise", 1 << depth, 1).tobytes())
            for interlaced in (False, True):
                for width, height in ((11, 7), (1, 1), (3, 9)):
                    name = "png color %d depth %d %s %dx%d" % (color, depth, "adam7" if interlaced else "rows", width, height)
                    yield name, png(samples(width, height, CHANNELS[color], depth), color, depth, interlaced, plte)
    dark = samples(9, 5, 1, 9)  # around 255, where 16-bit grey starts to saturate
    yield "png grey 16 around 255", png(dark, 0, 16)
    yield "png short palette", png(samples(6, 5, 1, 4), 3, 4, extra=chunk(b"PLTE", bytes(range(30, 45))))
    plte = chunk(b"PLTE", patterns.pixels("ramp", 16, 1).tobytes())
    yield "png palette with tRNS", png(samples(6, 5, 1, 4), 3, 4, extra=plte + chunk(b"tRNS", bytes([0, 128, 255])))
    yield "png grey with tRNS", png(samples(6, 5, 1, 8), 0, 8, extra=chunk(b"tRNS", b"\0\x07"))
    yield "png grey 4 with tRNS", png(samples(6, 5, 1, 4), 0, 4, extra=chunk(b"tRNS", b"\0\x07"))
    yield "png rgb with tRNS", png(samples(6, 5, 3, 8), 2, 8, extra=chunk(b"tRNS", b"\0\x01\0\x02\0\x03"))
    yield "png gamma", png(samples(6, 5, 3, 8), 2, 8, extra=chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "png many IDAT", png(samples(12, 9, 3, 8), 2, 8, split=True)


def jpeg(kind, width, height, mode="RGB", **options):
    out = io.BytesIO()
    image = patterns.image(kind, width, height)
    if mode == "CMYK":
        a = patterns.pixels(kind, width, height)
        image = Image.fromarray(np.concatenate([a, a[:, ::-1, 1:2]], axis=2), "CMYK")
    elif mode != "RGB":
        image = image.convert(mode)
    image.save(out, "JPEG", **options)
    return out.getvalue()


def without(data, marker):
    """A JPEG without its segments of one marker."""
    out, at = bytearray(data[:2]), 2
    while data[at + 1] != 0xDA:
        length = 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if data[at + 1] != marker:
            out += data[at : at + length]
        at += length
    return bytes(out + data[at:])


def with_ids(data, ids):
    """A JPEG whose components are called otherwise."""
    out, at = bytearray(data), 2
    while True:
        length = 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if data[at + 1] in (0xC0, 0xC2):
            for c, name in enumerate(ids):
                out[at + 10 + 3 * c] = name
        if data[at + 1] == 0xDA:
            for c, name in enumerate(ids):
                out[at + 5 + 2 * c] = name
            return bytes(out)
        at += length


def with_sampling(data, factors):
    """A JPEG whose first component claims other factors with as many blocks: a scrambled, valid image."""
    out, at = bytearray(data), 2
    while data[at + 1] != 0xC0:
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    out[at + 11] = factors
    return bytes(out)


def with_adobe(data, transform):
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform])
    return data[:2] + adobe + data[2:]


def jpeg_cases():
    for subsampling in (0, 1, 2):
        for width, height in ((16, 16), (17, 13), (1, 1), (2, 35)):
            name = "jpeg subsampling %d %dx%d" % (subsampling, width, height)
            yield name, jpeg("ramp", width, height, subsampling=subsampling, quality=85)
    for name, before, factors in (("4:4:0", 1, 0x12), ("4:1:1", 2, 0x41), ("4x rows", 2, 0x14)):
        yield "jpeg " + name, with_sampling(jpeg("noise", 32, 32, subsampling=before), factors)
    yield "jpeg 4:4:0 odd", with_sampling(jpeg("ramp", 32, 31, subsampling=1), 0x12)
    yield "jpeg noise", jpeg("noise", 19, 18, quality=60)
    yield "jpeg blocks best quality", jpeg("blocks", 19, 18, quality=100, subsampling=0)
    yield "jpeg progressive", jpeg("ramp", 21, 18, progressive=True)
    yield "jpeg grey", jpeg("ramp", 21, 18, mode="L")
    yield "jpeg grey progressive", jpeg("noise", 9, 18, mode="L", progressive=True)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "jpeg icc profile", jpeg("ramp", 16, 9, icc_profile=profile)
    yield "jpeg damaged icc profile", jpeg("ramp", 16, 9, icc_profile=b"not a profile")
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "jpeg exif orientation 6", jpeg("ramp", 16, 9, exif=exif.tobytes())
    plain = jpeg("noise", 12, 11, subsampling=0)
    yield "jpeg no JFIF", without(plain, 0xE0)
    yield "jpeg no JFIF, subsampled", without(jpeg("noise", 12, 11, subsampling=2), 0xE0)
    yield "jpeg no JFIF, ids RGB", with_ids(without(plain, 0xE0), b"RGB")
    yield "jpeg JFIF, ids RGB", with_ids(plain, b"RGB")
    yield "jpeg no JFIF, odd ids", with_ids(without(plain, 0xE0), b"\x00\x05\x09")
    for transform in (0, 1, 2):
        yield "jpeg adobe %d" % transform, with_adobe(without(plain, 0xE0), transform)
    cmyk = jpeg("noise", 12, 11, mode="CMYK")
    yield "jpeg cmyk", cmyk
    yield "jpeg cmyk ramp", jpeg("ramp", 33, 17, mode="CMYK")
    yield "jpeg cmyk without adobe", without(cmyk, 0xEE)
    for transform in (0, 1, 2):
        yield "jpeg cmyk adobe %d" % transform, with_adobe(without(cmyk, 0xEE), transform)


def other_cases():
    for kind in ("GIF", "BMP"):
        for mode in ("RGB", "L", "P", "1"):
            if kind == "GIF" and mode == "1":
                continue
            out = io.BytesIO()
            image = patterns.image("ramp", 13, 9)
            (image if mode == "RGB" else image.convert(mode)).save(out, kind)
            yield "%s %s" % (kind.lower(), mode), out.getvalue()


def main():
    with open(os.path.join(OUT, "formats.tsv"), "w") as f:
        f.write("# name\twidth\theight\tcrc32 of PIL's RGB bytes\tfile in base64\n")
        count = 0
        for cases in (png_cases(), jpeg_cases(), other_cases()):
            for name, data in cases:
                rgb = Image.open(io.BytesIO(data)).convert("RGB")
                text = base64.b64encode(data).decode()
                f.write("%s\t%d\t%d\t%08x\t%s\n" % (name, *rgb.size, zlib.crc32(rgb.tobytes()), text))
                count += 1
        print("formats.tsv", count)


main()
