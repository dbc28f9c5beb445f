"""Writes trajectories.json: what PyTorch computes epoch by epoch for the runs of TrajectoryTest.

usage: python3 src/test/python/trajectory_references.py
Everything is in float64, with torch.optim.AdamW and scipy's Spearman correlation. Images, targets,
first values and orders come from Philox here too, so that nothing is taken from what is tested.
"""

import json
import os
import struct
import sys

import numpy as np
import scipy.stats
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
OUT = os.path.join(HERE, "..", "resources", "io", "attune", "train", "trajectories.json")
MODEL = os.path.join(ROOT, "weights", "references", "adapters-several")
sys.path.insert(0, os.path.join(ROOT, "weights", "references"))

import clip  # noqa: E402
import dora  # noqa: E402

WORD = 0xFFFFFFFF
TRAIN, VALIDATION, HELD_OUT, PROMPTS, LENGTH = 11, 5, 6, 7, 6
BATCH, EPOCHS, RANK, ALPHA, SEED = 4, 4, 4, 16.0, 3
LEARNING_RATE, WEIGHT_DECAY = 1e-2, 0.1
ADAPTER, SHUFFLE = 0x48424101, 0x48424103
RUNS = [("paper", "dora"), ("corrected", "dora"), ("paper", "dora-peft"), ("paper", "lora")]
SITES = [("vision", 1), ("vision", 2), ("text", 1)]


def words(seed, stream, step):
    """Philox 4x32-10, word by word (Salmon et al. 2011)."""
    block = 0
    while True:
        c = [block & WORD, block >> 32, stream, step]
        key = [seed & WORD, seed >> 32]
        for _ in range(10):
            first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
            c = [second >> 32 ^ c[1] ^ key[0], second & WORD, first >> 32 ^ c[3] ^ key[1], first & WORD]
            key = [key[0] + 0x9E3779B9 & WORD, key[1] + 0xBB67AE85 & WORD]
        yield from c
        block += 1


def uniform(count, seed, stream, step):
    """Multiples of 2^-24 on [0, 1)."""
    draws = words(seed, stream, step)
    return torch.tensor([(next(draws) >> 8) * 2.0**-24 for _ in range(count)], dtype=torch.float64)


def permutation(n, seed, stream, step):
    draws = words(seed, stream, step)
    order = [0] * n
    for i in range(n):
        j = next(draws)
        while j >= 2**32 // (i + 1) * (i + 1):
            j = next(draws)
        j %= i + 1
        order[i] = order[j]
        order[j] = i
    return order


def read_model():
    with open(os.path.join(MODEL, "model.safetensors"), "rb") as file:
        content = file.read()
    size = struct.unpack("<Q", content[:8])[0]
    weights = {}
    for name, info in json.loads(content[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in info["data_offsets"])
            values = np.frombuffer(content[begin:end], {"F16": np.float16}[info["dtype"]])
            weights[name] = torch.tensor(values.reshape(info["shape"]).astype(np.float64))
    with open(os.path.join(MODEL, "config.json"), encoding="utf-8") as file:
        return weights, json.load(file)


def prompt_ids(end):
    rows = []
    for n in range(PROMPTS):
        length = 2 + n % (LENGTH - 1)
        rows.append([1 + (7 * n + 3 * t) % 29 for t in range(length - 1)] + [end] + [0] * (LENGTH - length))
    return torch.tensor(rows)


def first_values(weights, preset, kind):
    """spec/clip-hba.md section 4; the step of the key numbers the site and the tensor."""

    def draw(rows, columns, bound, step):
        bound = float(np.float32(bound))
        return ((uniform(rows * columns, SEED, ADAPTER, step) * 2 - 1) * bound).view(rows, columns)

    values = {}
    for tower, n in SITES:
        base = weights[f"{tower}_model.encoder.layers.{n}.self_attn.out_proj.weight"]
        out, inner = base.shape
        prefix, step = f"adapter.{tower}.{n}.", (("vision", "text").index(tower) << 20) + (n << 4)
        if kind != "lora":
            values[prefix + "m"] = base.norm(dim=1)
        if kind == "dora":
            values[prefix + "A"] = draw(RANK, out, out**-0.5, step)
            drawn = draw(inner, RANK, RANK**-0.5, step + 1)
            values[prefix + "B"] = drawn if preset == "paper" else torch.zeros_like(drawn)
        else:
            values[prefix + "lora_A"] = draw(RANK, inner, inner**-0.5, step)
            values[prefix + "lora_B"] = torch.zeros(out, RANK, dtype=torch.float64)
    return values


def compose(weights, values, kind):
    composed = {"vision": {}, "text": {}}
    for tower, n in SITES:
        base = weights[f"{tower}_model.encoder.layers.{n}.self_attn.out_proj.weight"]
        prefix = f"adapter.{tower}.{n}."
        if kind == "dora":
            weight = dora.compose(base, *(values[prefix + x] for x in "mAB"), ALPHA)
        else:
            weight = base + ALPHA / RANK * values[prefix + "lora_B"] @ values[prefix + "lora_A"]
        if kind == "dora-peft":  # the norm is a constant in the backward pass
            norm = weight.detach().norm(dim=1, keepdim=True)
            weight = values[prefix + "m"][:, None] * weight / norm
        composed[tower][n] = weight
    return composed


def spearman(predictions, judged):
    rows = predictions.numpy() - predictions.numpy().mean(1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return scipy.stats.spearmanr((1 - rows @ rows.T)[np.triu_indices(HELD_OUT, 1)], judged)[0]


def run(preset, kind):
    weights, config = read_model()
    side = config["vision_config"]["image_size"]
    images = [uniform(3 * side * side, 21, 1, i) * 2 - 1 for i in range(TRAIN + VALIDATION + HELD_OUT)]
    pixels = torch.stack(images).view(-1, 3, side, side)
    targets = 16 * uniform((TRAIN + VALIDATION) * PROMPTS, 21, 2, 0).view(-1, PROMPTS)
    judged = uniform(HELD_OUT * (HELD_OUT - 1) // 2, 21, 3, 0).numpy()
    ids = prompt_ids(config["text_config"]["eos_token_id"])
    values = {k: v.clone().requires_grad_() for k, v in first_values(weights, preset, kind).items()}
    optimizer = torch.optim.AdamW(
        list(values.values()), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=WEIGHT_DECAY)

    def predict(which):
        return clip.run(weights, config, pixels[which], ids, compose(weights, values, kind))["logits_per_image"]

    def loss(which):
        return ((predict(which) - targets[which]) ** 2).mean()

    def evaluate():
        with torch.no_grad():
            total = 0.0
            for begin in range(TRAIN, TRAIN + VALIDATION, BATCH):
                which = list(range(begin, min(begin + BATCH, TRAIN + VALIDATION)))
                total += loss(which).item() * len(which)
            held = list(range(TRAIN + VALIDATION, len(images)))
            return [total / VALIDATION, spearman(predict(held), judged)]

    found = {"preset": preset, "adapter": kind, "untrained": evaluate(), "epochs": []}
    best = found["untrained"][0]
    for epoch in range(1, EPOCHS + 1):
        order = permutation(TRAIN, SEED, SHUFFLE, epoch)
        total = 0.0
        for begin in range(0, TRAIN, BATCH):
            which = order[begin : begin + BATCH]
            optimizer.zero_grad()
            value = loss(which)
            value.backward()
            optimizer.step()
            total += value.item() * len(which)
        found["epochs"].append([total / TRAIN, *evaluate()])
        if found["epochs"][-1][1] < best:
            best = found["epochs"][-1][1]
            found["best_epoch"] = epoch
            found["best"] = {k: [v.norm().item(), v.sum().item(), v.flatten()[-1].item()] for k, v in values.items()}
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(run(*each)) for each in RUNS) + "\n]\n")
    print(f"{os.path.getsize(OUT):,d} bytes")
