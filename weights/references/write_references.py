"""Writes the models and reference files beside this script: python3 write_references.py.

Everything is computed in float64 from weights and inputs as the files hold them, and stored as F32.
Before a file is written, some of its gradients are held against finite differences.
"""
import os
import shutil
from fnmatch import fnmatch

import torch

import clip
import configurations
import dora
import finite_differences
import meg
import model_files
import openai_names
import safetensors_file

HERE = os.path.dirname(os.path.abspath(__file__))
ALPHA = 16.0
MOST_ATTEMPTS = 20_000  # draws of a MEG step until one is fit for coarse formats


def stored(tensor):
    """The value that survives in an F32 file, as float64."""
    return tensor.to(torch.float32).to(torch.float64)


def draw_ids(text, lengths, pad, generator):
    """Start token, words, end token, filled up; larger ids than the end token occur where legal."""
    vocabulary, eos = text["vocab_size"], text["eos_token_id"]
    end = vocabulary - 1 if eos == 2 else eos
    start = vocabulary - 2 if eos == 2 else text["bos_token_id"]
    ids = torch.full((len(lengths), text["max_position_embeddings"]), end if pad == "end" else 0)
    for row, length in zip(ids, lengths):
        row[:length] = torch.randint(3, vocabulary - 2, (length,), generator=generator)
        row[row == end] = end if pad == "end" else 0
        row[0] = start
        row[length - 1] = end
        if eos != 2 and length > 2:
            row[1] = vocabulary - 1  # larger than the end token: arg-max pooling would go wrong
    if pad == "end":
        for row, length in zip(ids, lengths):
            row[length:] = end
    return ids


def draw_inputs(step, model, weights, generator):
    """Pixels, ids, targets and adapters of one step."""
    size = model.config["vision_config"]["image_size"]
    shape = (step.images, 3, size, size)
    pixels = stored(torch.randn(shape, generator=generator, dtype=torch.float64))
    ids = draw_ids(model.config["text_config"], step.lengths, model.pad, generator)
    targets = None
    if step.loss == "behavior":
        shape = (step.images, len(step.lengths))
        targets = stored(torch.rand(shape, generator=generator, dtype=torch.float64) * 30)
    adapters = {}
    for tower, blocks in (("vision", step.vision_adapters), ("text", step.text_adapters)):
        for n in blocks:
            base = weights[f"{tower}_model.encoder.layers.{n}.self_attn.out_proj.weight"]
            for kind, value in dora.draw(base, step.rank, generator).items():
                adapters[f"adapter.{tower}.{n}.{kind}"] = stored(value)
    return pixels, ids, targets, adapters


def compose(weights, adapters):
    """Adapted output projections by tower and block."""
    composed = {"vision": {}, "text": {}}
    for name in adapters:
        _, tower, n, kind = name.split(".")
        if kind == "m":
            base = weights[f"{tower}_model.encoder.layers.{n}.self_attn.out_proj.weight"]
            parts = [adapters[f"adapter.{tower}.{n}.{x}"] for x in "mAB"]
            composed[tower][int(n)] = dora.compose(base.detach(), *parts, ALPHA)
    return composed


def draw_meg(step, model, generator):
    """Layer weights, which are a leaf, and the constant inputs of a MEG step."""
    if step.loss != "meg":
        return {}, {}
    weights, inputs = meg.draw(
        step, model.config["vision_config"]["num_hidden_layers"], generator)
    return {"layer_weights": stored(weights)}, {n: stored(x) for n, x in inputs.items()}


def forward(step, model, leaves, ids, targets, constants, losses):
    """leaves: every differentiable tensor by name. Returns activations and the loss or None.

    constants: of a MEG step, its inputs and the branch of its mixing; losses: its parts are added.
    """
    adapters = {k: v for k, v in leaves.items() if k.startswith("adapter.")}
    seen = clip.run(leaves, model.config, leaves["pixel_values"], ids, compose(leaves, adapters))
    if step.loss == "none":
        return seen, None
    if step.loss == "meg":
        layers = [seen[f"vision.layers.{n}"]
                  for n in range(model.config["vision_config"]["num_hidden_layers"])]
        parts, total = meg.run(
            leaves, layers, constants, step.window, constants["branch"], seen)
        losses.update(parts)
        return seen, total
    return seen, clip.loss(step.loss, seen["logits_per_image"], targets)


def chosen(name, patterns):
    return any(fnmatch(name, pattern) for pattern in patterns)


def is_adapted(name, adapters):
    parts = name.split(".")
    return name.endswith("self_attn.out_proj.weight") and (
        f"adapter.{parts[0][:-6]}.{parts[3]}.m" in adapters)


def gradients_of(step, leaves, adapters):
    """Gradients to be stored. Those that are zero in exact arithmetic are stored as zeros."""
    largest = max(x.grad.norm() for x in leaves.values() if x.grad is not None)
    found = {}
    for name, leaf in leaves.items():
        if leaf.grad is None or is_adapted(name, adapters):
            continue
        if chosen(name, step.gradients) and not chosen(name, step.without):
            zero = leaf.grad.norm() < 1e-12 * largest
            found["gradient." + name] = torch.zeros_like(leaf) if zero else leaf.grad
    return found


def write_step(step, model, weights, folder):
    seed = 1000 * model.seed + model.steps.index(step)
    for attempt in range(MOST_ATTEMPTS):
        generator = torch.Generator().manual_seed(seed + 1_000_000 * attempt)
        pixels, ids, targets, adapters = draw_inputs(step, model, weights, generator)
        own, inputs = draw_meg(step, model, generator)
        leaves = {**weights, "pixel_values": pixels, **adapters, **own}
        leaves = {name: x.clone().requires_grad_() for name, x in leaves.items()}
        constants = dict(inputs)
        if own:
            constants["branch"] = meg.branch(own["layer_weights"], step.window)
        losses = {}
        seen, loss = forward(step, model, leaves, ids, targets, constants, losses)
        if not own or meg.suits_coarse_formats(
                seen["similarity"], own["layer_weights"], inputs, step.window,
                constants["branch"]):
            break
    else:
        raise ValueError(f"{model.name}: no draw of step {step.name} suits coarse formats")

    tensors = {"input.pixel_values": pixels, "input.input_ids": ids}
    metadata = {"format": "attune-reference/1", "loss": step.loss}
    if targets is not None:
        tensors["input.targets"] = targets
    for name, value in {**own, **inputs}.items():
        tensors["input." + name] = value
    if own:
        metadata.update({"window": str(step.window)})
        metadata.update({name: str(value) for name, value in meg.SETTINGS.items()})
    if adapters:
        metadata["adapter.alpha"] = str(ALPHA)
        tensors.update(adapters)
    for name, value in seen.items():
        if chosen(name, step.activations):
            tensors["activation." + name] = value
    if loss is not None:
        loss.backward()
        tensors["loss"] = loss
        tensors.update({"loss." + name: part for name, part in losses.items()})
        tensors.update(gradients_of(step, leaves, adapters))
        finite_differences.check(
            lambda moved: forward(step, model, moved, ids, targets, constants, {})[1],
            leaves, [n for n in leaves if not is_adapted(n, adapters)])
    tensors = {n: x if x.dtype == torch.int64 else x.to(torch.float32) for n, x in tensors.items()}
    path = os.path.join(folder, f"reference-{step.name}.safetensors")
    safetensors_file.write(path, tensors, metadata)
    print(f"{os.path.relpath(path, HERE):60s} {len(tensors):4d} tensors"
          f" {os.path.getsize(path):8,d} bytes")


def write_model(model):
    folder = os.path.join(HERE, model.name)
    shutil.rmtree(folder, ignore_errors=True)
    generator = torch.Generator().manual_seed(model.seed)
    weights = model_files.draw(model.config, model.dtype, generator)
    model_files.write_hugging_face(folder, model.config, model.omit, weights)
    for variant in model.variants:
        inside = os.path.join(folder, variant)
        if variant == "sharded":
            model_files.write_sharded(inside, model.config, weights)
        elif variant == "open-clip":
            openai_names.write_open_clip(inside, model.config, weights)
        elif variant == "openai":
            openai_names.write_openai(inside, model.config, weights)
        else:
            raise ValueError(variant)
    exact = {name: x.to(torch.float64) for name, x in weights.items()}
    for step in model.steps:
        write_step(step, model, exact, folder)


def main():
    torch.set_num_threads(1)  # sums in one order: the same bits every time
    for model in configurations.MODELS:
        write_model(model)
    total = sum(
        os.path.getsize(os.path.join(at, file))
        for at, _, files in os.walk(HERE) for file in files if not file.endswith((".py", ".pyc")))
    print(f"{total:,d} bytes in all")


if __name__ == "__main__":
    main()
