"""CLIP in plain PyTorch, with Hugging Face's names of the weights, and its file."""

import json
import os
import struct

import numpy
import torch
import torch.nn.functional as F
from torch import nn

import operations


class Attention(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(width, width))

    def forward(self, x):
        batch, tokens, width = x.shape
        shape = (batch, tokens, self.heads, width // self.heads)
        q, k, v = (f(x).view(shape).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        else:
            y = operations.plain_attention(q, k, v, self.causal)
        return self.out_proj(y.transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width, hidden, activation):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.activation = operations.quick_gelu if activation == "quick_gelu" else F.gelu

    def forward(self, x):
        return self.fc2(self.activation(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, sizes, causal):
        super().__init__()
        width, epsilon = sizes["hidden_size"], sizes["layer_norm_eps"]
        self.layer_norm1 = nn.LayerNorm(width, epsilon)
        self.self_attn = Attention(width, sizes["num_attention_heads"], causal)
        self.layer_norm2 = nn.LayerNorm(width, epsilon)
        self.mlp = Mlp(width, sizes["intermediate_size"], sizes["hidden_act"])

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(self, sizes, causal):
        super().__init__()
        count = sizes["num_hidden_layers"]
        self.layers = nn.ModuleList(Block(sizes, causal) for _ in range(count))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class VisionEmbeddings(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        width, patch = sizes["hidden_size"], sizes["patch_size"]
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.patch_embedding = nn.Conv2d(3, width, patch, patch, bias=False)
        self.position_embedding = nn.Embedding((sizes["image_size"] // patch) ** 2 + 1, width)

    def forward(self, pixels):
        x = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        token = self.class_embedding.to(x.dtype).expand(x.shape[0], 1, -1)
        return torch.cat([token, x], 1) + self.position_embedding.weight


class VisionTower(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.embeddings = VisionEmbeddings(sizes)
        self.pre_layrnorm = nn.LayerNorm(sizes["hidden_size"], sizes["layer_norm_eps"])
        self.encoder = Encoder(sizes, False)
        self.post_layernorm = nn.LayerNorm(sizes["hidden_size"], sizes["layer_norm_eps"])

    def forward(self, pixels):
        x = self.encoder(self.pre_layrnorm(self.embeddings(pixels)))
        return self.post_layernorm(x[:, 0])


class TextEmbeddings(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.token_embedding = nn.Embedding(sizes["vocab_size"], sizes["hidden_size"])
        self.position_embedding = nn.Embedding(
            sizes["max_position_embeddings"], sizes["hidden_size"]
        )

    def forward(self, ids):
        return self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]


class TextTower(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.embeddings = TextEmbeddings(sizes)
        self.encoder = Encoder(sizes, True)
        self.final_layer_norm = nn.LayerNorm(sizes["hidden_size"], sizes["layer_norm_eps"])

    def forward(self, ids):
        """Texts whose end token is their last."""
        return self.final_layer_norm(self.encoder(self.embeddings(ids)))[:, -1]


class Clip(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(float(config["logit_scale_init_value"])))
        self.vision_model = VisionTower(config["vision_config"])
        self.text_model = TextTower(config["text_config"])
        out = config["projection_dim"]
        for name in ("visual", "text"):
            width = config["vision_config" if name == "visual" else "text_config"]["hidden_size"]
            setattr(self, name + "_projection", nn.Linear(width, out, bias=False))

    def image_embeds(self, pixels):
        return self.visual_projection(self.vision_model(pixels))

    def text_embeds(self, ids):
        return self.text_projection(self.text_model(ids))


def randomize(model, seed):
    """Weights of the size that trained ones have, so that activations have theirs."""
    torch.manual_seed(seed)
    for name, p in model.named_parameters():
        with torch.no_grad():
            if p.dim() == 0:
                continue
            if "norm" in name:
                p.normal_(0, 0.1).add_(1 if name.endswith("weight") else 0)
            elif name.endswith("bias"):
                p.normal_(0, 0.1)
            elif "embedding" in name and p.dim() < 3:
                p.normal_(0, 0.02 if "text" in name else p.shape[-1] ** -0.5)
            else:
                p.normal_(0, p[0].numel() ** -0.5)


def save(model, config, folder):
    """Writes config.json and model.safetensors."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file)
    tensors = {name: p.detach().float().cpu() for name, p in model.named_parameters()}
    header, at = {}, 0
    for name, tensor in tensors.items():
        size = 4 * tensor.numel()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [at, at + size],
        }
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = os.path.join(folder, "model.safetensors")
    with open(path + ".partial", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(numpy.ascontiguousarray(tensor.numpy()).data)
    os.replace(path + ".partial", path)


def read(folder):
    """The configuration and the weights that save wrote, on the CPU."""
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    path = os.path.join(folder, "model.safetensors")
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    data = numpy.memmap(path, dtype=numpy.uint8, mode="c", offset=8 + length)
    weights = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            array = data[begin:end].view(numpy.float32).reshape(entry["shape"])
            weights[name] = torch.from_numpy(array)
    return config, weights
