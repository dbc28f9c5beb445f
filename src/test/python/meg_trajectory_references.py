"""Writes meg-trajectories.json: what PyTorch computes epoch by epoch for the runs of MegTrajectoryTest.

usage: python3 src/test/python/meg_trajectory_references.py
Both stages in float64 with torch.optim.AdamW, gradients by autograd through every vision block. All
draws come from Philox here too, so that nothing is taken from what is tested.
"""

import json
import os

import torch

import trajectory_references as behavior  # finds clip, dora and meg beside the reference weights
import clip
import dora
import meg

OUT = os.path.join(os.path.dirname(behavior.OUT), "meg-trajectories.json")
TRAIN, VALIDATION, PROMPTS, TIMES, WINDOW = 11, 5, 24, 6, 1
BATCHES = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]
HELD = [11, 12, 13, 14, 15]  # the one image that is left over joins the batch before
RANK, ALPHA, SEED, DATA_SEED, FIRST, EPOCHS, DECAY = 4, 16.0, 3, 21, 2, 4, 0.1
RATES = {"A": (5e-2, 0.0), "B": (2e-2, 3e-3)}
NOISE, FLOOR, EVALUATION_NOISE, EVALUATION_FLOOR = 0x48424105, 0x48424106, 0x48424107, 0x48424108
WEIGHTS = {"pearson": 1.0, "mse": 0.1, "generalization": 0.15}
COURSES = {
    "richness": [0, 0, 0, 0.5, 1, 0.75],
    "generalization": [0, 0, 0, 0.75, 1, 0.5],
    "noise_level": [1, 0.75, 0.5, 0.25, 0, 0.125],
}


def normal(count, seed, stream, step):
    draws = behavior.words(seed, stream, step)
    values = []
    while len(values) < count:
        u1, u2 = (next(draws) + 1) * 2.0**-32, next(draws) * 2.0**-32
        radius, angle = (-2 * torch.log(torch.tensor(u1, dtype=torch.float64))).sqrt(), 2 * torch.pi * u2
        values += [radius * torch.cos(torch.tensor(angle, dtype=torch.float64))]
        values += [radius * torch.sin(torch.tensor(angle, dtype=torch.float64))]
    return torch.stack(values[:count])


def first_values(weights, preset, blocks):
    # Not the method's tied start: RDMs do not depend on scale, so its gradient is rounding.
    values = {"layer_weights": behavior.uniform(TIMES * blocks, DATA_SEED, 4, 0).view(TIMES, blocks)}
    for n in range(blocks):
        base = weights[f"vision_model.encoder.layers.{n}.self_attn.out_proj.weight"]
        out, inner = base.shape

        def draw(rows, columns, bound, step):
            bound = float(torch.tensor(bound, dtype=torch.float32))
            drawn = behavior.uniform(rows * columns, SEED, behavior.ADAPTER, step)
            return ((drawn * 2 - 1) * bound).view(rows, columns)

        values[f"adapter.vision.{n}.m"] = base.norm(dim=1)
        values[f"adapter.vision.{n}.A"] = draw(RANK, out, out**-0.5, n << 4)
        drawn = draw(inner, RANK, RANK**-0.5, (n << 4) + 1)
        values[f"adapter.vision.{n}.B"] = torch.zeros_like(drawn) if preset == "corrected" else drawn
    return values


def losses(x, y):
    defined = ~x.isnan().any(0)
    x, y = x[:, defined], y[:, defined]
    g = meg.generalization(x)
    # Without noise the tied start has the same RDM at all times: no correlation to speak of.
    flat = g.std() < 1e-6 * g.mean().abs()
    return {
        "pearson": meg.pearson_loss(x, y),
        "mse": ((x - y) ** 2).mean(1).mean(),
        "generalization": torch.ones(()) if flat else meg.pearson_loss(g, meg.generalization(y)),
    }


def run(preset):
    weights, config = behavior.read_model()
    vision = config["vision_config"]
    side, blocks = vision["image_size"], vision["num_hidden_layers"]
    count = TRAIN + VALIDATION
    pixels = torch.stack([behavior.uniform(3 * side * side, DATA_SEED, 1, i) * 2 - 1 for i in range(count)])
    pixels = pixels.view(-1, 3, side, side)
    measured = behavior.uniform(TIMES * count * count, DATA_SEED, 2, 0).view(TIMES, count, count)
    measured = torch.triu(measured, 1) + torch.triu(measured, 1).transpose(1, 2)
    width = weights["visual_projection.weight"].shape[0]
    # Halves, so that float32 holds them as they are.
    text = (behavior.uniform(PROMPTS * width, DATA_SEED, 3, 0).view(PROMPTS, width) * 8).round() / 8 - 0.5
    values = {k: v.clone().requires_grad_() for k, v in first_values(weights, preset, blocks).items()}
    courses = {k: meg.windowed(torch.tensor(v, dtype=torch.float64), WINDOW) for k, v in COURSES.items()}
    opened = courses["generalization"] > 0

    def rdms(which, streams, step):
        composed = {}
        for n in range(blocks):
            base = weights[f"vision_model.encoder.layers.{n}.self_attn.out_proj.weight"]
            composed[n] = dora.compose(base, *(values[f"adapter.vision.{n}.{x}"] for x in "mAB"), ALPHA)
        seen = {}
        clip.encode_image(weights, config, pixels[which], composed, seen)
        tokens = torch.stack([seen[f"vision.layers.{n}"][:, 0] for n in range(blocks)])
        similarity = torch.exp(weights["logit_scale"]) * (tokens @ weights["visual_projection.weight"].T) @ text.T
        mixed = meg.mixing(values["layer_weights"], WINDOW, meg.branch(values["layer_weights"], WINDOW))
        raw = torch.relu(courses["richness"][:, None, None] * torch.einsum("tj,jbk->tbk", mixed, similarity))
        shape = raw.shape
        if streams:
            low, high = (float(torch.tensor(x, dtype=torch.float32)) for x in (1e-6, 1.1e-5))
            floor = low + (high - low) * behavior.uniform(raw.numel(), SEED, streams[1], step).view(shape)
            level = torch.tensor(COURSES["noise_level"], dtype=torch.float64)[:, None, None]
            noise = level * normal(raw.numel(), SEED, streams[0], step).view(shape) * meg.deviation(raw)
        else:
            floor, noise = 6e-6, 0
        e = torch.relu(courses["generalization"][:, None, None] * (raw + noise)) + floor
        upper = torch.triu_indices(len(which), len(which), 1)
        y = measured[:, which][:, :, which][:, upper[0], upper[1]]
        x = meg.rdms(e)[:, upper[0], upper[1]]
        return (x, y) if streams else (x[opened], y[opened])

    def evaluate(epoch):
        with torch.no_grad():
            streams = None if preset == "corrected" else (EVALUATION_NOISE, EVALUATION_FLOOR)
            return {k: v.item() for k, v in losses(*rdms(HELD, streams, epoch)).items()}

    normalizers = evaluate(0)

    def total(parts):
        return sum(WEIGHTS[k] / normalizers[k] * parts[k] for k in WEIGHTS)

    def state():
        return {k: v.detach().clone() for k, v in values.items()}

    best, at, kept = (1.25, normalizers["pearson"]), 0, state()
    found = {"preset": preset, "normalizers": list(normalizers.values()), "epochs": []}
    step = 0
    for epoch in range(1, EPOCHS + 1):
        stage = "A" if epoch <= FIRST else "B"
        if epoch in (1, FIRST + 1):
            with torch.no_grad():
                for k, v in values.items():
                    v.copy_(kept[k])
            moved = [v for k, v in values.items() if k.startswith("adapter") and (preset == "paper-v1" or k[-1] != "m")]
            groups = [{"params": [values["layer_weights"]], "lr": RATES[stage][0]}]
            if stage == "B":
                groups.append({"params": moved, "lr": RATES[stage][1]})
            optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8, weight_decay=DECAY)
        summed = 0.0
        for n in behavior.permutation(len(BATCHES), SEED, behavior.SHUFFLE, epoch):
            step += 1
            optimizer.zero_grad()
            value = total(losses(*rdms(BATCHES[n], (NOISE, FLOOR), step)))
            value.backward()
            optimizer.step()
            summed += value.item() * len(BATCHES[n])
        parts = evaluate(epoch)
        loss = total(parts)
        found["epochs"].append([summed / TRAIN, loss, *parts.values()])
        if loss < best[0] and parts["pearson"] < best[1]:
            best, at, kept = (loss, parts["pearson"]), epoch, state()
    found["best_epoch"] = at
    found["best"] = {k: [v.norm().item(), v.sum().item(), v.flatten()[-1].item()] for k, v in kept.items()}
    found["last"] = {k: [v.norm().item(), v.sum().item(), v.flatten()[-1].item()] for k, v in state().items()}
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    with open(OUT, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(run(x)) for x in ("paper", "paper-v1", "corrected")) + "\n]\n")
    print(f"{os.path.getsize(OUT):,d} bytes")
