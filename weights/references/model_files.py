"""Small random CLIP models and the folders they are kept in: Hugging Face's layout, and others'."""
import json
import math
import os

import torch

import safetensors_file

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def shapes(config):
    """Name to shape of every parameter, in Hugging Face's names."""
    vision, text = config["vision_config"], config["text_config"]
    d, dt, projection = vision["hidden_size"], text["hidden_size"], config["projection_dim"]
    patch = vision["patch_size"]
    tokens = (vision["image_size"] // patch) ** 2 + 1
    found = {"logit_scale": ()}

    def norm(name, width):
        found[name + ".weight"] = (width,)
        found[name + ".bias"] = (width,)

    def blocks(tower, part):
        width, inner = part["hidden_size"], part["intermediate_size"]
        for n in range(part["num_hidden_layers"]):
            name = f"{tower}_model.encoder.layers.{n}"
            for kind in ("q_proj", "k_proj", "v_proj", "out_proj"):
                found[f"{name}.self_attn.{kind}.weight"] = (width, width)
                found[f"{name}.self_attn.{kind}.bias"] = (width,)
            norm(name + ".layer_norm1", width)
            norm(name + ".layer_norm2", width)
            found[name + ".mlp.fc1.weight"] = (inner, width)
            found[name + ".mlp.fc1.bias"] = (inner,)
            found[name + ".mlp.fc2.weight"] = (width, inner)
            found[name + ".mlp.fc2.bias"] = (width,)

    embeddings = "vision_model.embeddings."
    found[embeddings + "class_embedding"] = (d,)
    found[embeddings + "patch_embedding.weight"] = (d, 3, patch, patch)
    found[embeddings + "position_embedding.weight"] = (tokens, d)
    norm("vision_model.pre_layrnorm", d)
    blocks("vision", vision)
    norm("vision_model.post_layernorm", d)
    found["visual_projection.weight"] = (projection, d)
    embeddings = "text_model.embeddings."
    found[embeddings + "token_embedding.weight"] = (text["vocab_size"], dt)
    found[embeddings + "position_embedding.weight"] = (text["max_position_embeddings"], dt)
    blocks("text", text)
    norm("text_model.final_layer_norm", dt)
    found["text_projection.weight"] = (projection, dt)
    return found


def draw(config, dtype, generator):
    """Weights as the file will hold them; every LayerNorm, bias and scale away from its default."""
    weights = {}
    for name, shape in shapes(config).items():
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        if name == "logit_scale":
            x = torch.tensor(math.log(20.0), dtype=torch.float64)
        elif name.endswith(".bias"):
            x = 0.1 * x
        elif "norm" in name.split(".")[-2]:
            x = 1 + 0.2 * x
        elif "position_embedding" in name or "class_embedding" in name:
            x = 0.5 * x
        elif "token_embedding" not in name:
            x = x / math.sqrt(math.prod(shape[1:]))
        weights[name] = x.to(DTYPES[dtype])
    return weights


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.write("\n")


def preprocessor(size, old):
    """Sizes as objects, or as plain numbers as in the first published files."""
    return {
        "crop_size": size if old else {"height": size, "width": size},
        "do_center_crop": True,
        "do_normalize": True,
        "do_resize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "image_processor_type": "CLIPImageProcessor",
        "resample": 3,
        "size": size if old else {"shortest_edge": size},
    }


def write_hugging_face(folder, config, omit, weights):
    """omit: keys left out of the nested configs, whose defaults a reader has to know."""
    os.makedirs(folder, exist_ok=True)
    write_configs(folder, config, omit)
    safetensors_file.write(
        os.path.join(folder, "model.safetensors"), weights, {"format": "pt"})


def write_configs(folder, config, omit):
    stored = {"architectures": ["CLIPModel"], "model_type": "clip"}
    for key, value in config.items():
        stored[key] = value
        if isinstance(value, dict):
            stored[key] = {k: v for k, v in value.items() if k not in omit}
    write_json(folder, "config.json", stored)
    size = config["vision_config"]["image_size"]
    write_json(folder, "preprocessor_config.json", preprocessor(size, bool(omit)))


def write_sharded(folder, config, weights):
    """The same model in two files, split in the middle of the vision tower."""
    os.makedirs(folder, exist_ok=True)
    write_configs(folder, config, ())
    names = list(weights)
    half = len(names) // 3
    index = {}
    total = 0
    for n, part in enumerate((names[:half], names[half:]), 1):
        file = f"model-{n:05d}-of-00002.safetensors"
        tensors = {name: weights[name] for name in part}
        safetensors_file.write(os.path.join(folder, file), tensors, {"format": "pt"})
        total += sum(t.numel() * t.element_size() for t in tensors.values())
        index.update({name: file for name in part})
    write_json(
        folder,
        "model.safetensors.index.json",
        {"metadata": {"total_size": total}, "weight_map": dict(sorted(index.items()))})
