"""Writes contrastive.json: the losses that PyTorch meets in the steps of ContrastiveTrajectoryTest.

usage: python3 src/test/python/contrastive_references.py
"""

import json
import math
import os

import torch

from trajectory_references import OUT, permutation, read_model, uniform

import clip

PAIRS, BATCH, EPOCHS, WARMUP = 5, 3, 6, 3
PEAK, WEIGHT_DECAY = 2e-3, 0.2
SEED, ORDER = 3, 0x48424104
CONTEXT, END = 9, 30


def caption_ids():
    rows = []
    for n in range(PAIRS):
        words = [1 + (5 * n + 11 * t) % 29 for t in range(2 + n)]
        rows.append(words + [END] * (CONTEXT - len(words)))
    return torch.tensor(rows)


def main():
    torch.set_num_threads(1)
    weights, config = read_model()
    weights["logit_scale"] = torch.tensor(4.7, dtype=torch.float32).double()  # above what is allowed
    weights = {name: value.clone().requires_grad_() for name, value in weights.items()}
    pixels = torch.stack([uniform(3 * 12 * 12, 22, 1, i) * 2 - 1 for i in range(PAIRS)]).view(-1, 3, 12, 12)
    ids = caption_ids()
    decayed = [value for value in weights.values() if value.dim() >= 2]
    others = [value for value in weights.values() if value.dim() < 2]
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK, betas=(0.9, 0.98), eps=1e-6)
    batches = math.ceil(PAIRS / BATCH)
    total = batches * EPOCHS
    losses, scales = [], []
    for epoch in range(1, EPOCHS + 1):
        order = permutation(PAIRS, SEED, ORDER, epoch)
        for begin in range(0, PAIRS, BATCH):
            which = order[begin : begin + BATCH]
            step = len(losses) + 1
            rate = PEAK * step / WARMUP
            if step > WARMUP:
                rate = PEAK * (1 + math.cos(math.pi * (step - WARMUP) / (total - WARMUP))) / 2
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad()
            seen = clip.run(weights, config, pixels[which], ids[which], {"vision": {}, "text": {}})
            loss = clip.loss("contrastive", seen["logits_per_image"], None)
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                weights["logit_scale"].clamp_(max=math.log(100))
            losses.append(loss.item())
            scales.append(weights["logit_scale"].item())
    norms = {
        name: value.detach().norm().item()
        for name, value in sorted(weights.items())
        if "k_proj.bias" not in name  # without a gradient in exact arithmetic: it moves by rounding alone
    }
    path = os.path.join(os.path.dirname(OUT), "contrastive.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"losses": losses, "logit_scales": scales, "norms": norms}, file, indent=0)
        file.write("\n")
    print(f"{os.path.getsize(path):,d} bytes")


if __name__ == "__main__":
    main()
