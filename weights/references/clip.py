"""CLIP in plain PyTorch, written from the architecture alone, with Hugging Face's parameter names.

It exists to be obviously right, not fast: one function a layer, autograd for every gradient.
Shapes: B images, T image tokens, D vision width, N texts, C context length, Dt text width.
"""
import torch
import torch.nn.functional as F


def activation(x, kind):
    if kind == "quick_gelu":
        return x * torch.sigmoid(1.702 * x)
    if kind == "gelu":
        return F.gelu(x)  # the exact one, through erf
    raise ValueError(kind)


def linear(p, name, x):
    return x @ p[name + ".weight"].T + p[name + ".bias"]


def layer_norm(p, name, x, epsilon):
    return F.layer_norm(x, x.shape[-1:], p[name + ".weight"], p[name + ".bias"], epsilon)


def self_attention(p, name, x, heads, causal, output_weight):
    """x [B,T,D]; output_weight replaces out_proj.weight where an adapter composed one."""
    batch, tokens, width = x.shape
    size = width // heads

    def split(kind):  # [B, heads, T, size]
        return linear(p, f"{name}.{kind}", x).view(batch, tokens, heads, size).transpose(1, 2)

    scores = split("q_proj") @ split("k_proj").transpose(2, 3) / size**0.5
    if causal:
        future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
        scores = scores.masked_fill(future, float("-inf"))
    mixed = torch.softmax(scores, -1) @ split("v_proj")
    joined = mixed.transpose(1, 2).reshape(batch, tokens, width)
    weight = p[name + ".out_proj.weight"] if output_weight is None else output_weight
    return joined @ weight.T + p[name + ".out_proj.bias"]


def transformer(p, tower, x, config, causal, composed, seen):
    """Pre-LayerNorm blocks; composed maps a block's number to its adapted output projection."""
    epsilon = config["layer_norm_eps"]
    for n in range(config["num_hidden_layers"]):
        name = f"{tower}_model.encoder.layers.{n}"
        y = layer_norm(p, name + ".layer_norm1", x, epsilon)
        x = x + self_attention(
            p, name + ".self_attn", y, config["num_attention_heads"], causal, composed.get(n))
        y = layer_norm(p, name + ".layer_norm2", x, epsilon)
        y = activation(linear(p, name + ".mlp.fc1", y), config["hidden_act"])
        x = x + linear(p, name + ".mlp.fc2", y)
        seen[f"{tower}.layers.{n}"] = x
    return x


def encode_image(p, config, pixels, composed, seen):
    """pixels [B,3,H,W] to image embeddings [B,projection], before L2 normalisation."""
    vision = config["vision_config"]
    patches = F.conv2d(
        pixels, p["vision_model.embeddings.patch_embedding.weight"], stride=vision["patch_size"])
    patches = patches.flatten(2).transpose(1, 2)  # [B, T-1, D]
    first = p["vision_model.embeddings.class_embedding"].expand(len(pixels), 1, -1)
    x = torch.cat([first, patches], 1) + p["vision_model.embeddings.position_embedding.weight"]
    x = layer_norm(p, "vision_model.pre_layrnorm", x, vision["layer_norm_eps"])
    seen["vision.embeddings"] = x
    x = transformer(p, "vision", x, vision, False, composed, seen)
    pooled = layer_norm(p, "vision_model.post_layernorm", x[:, 0], vision["layer_norm_eps"])
    seen["vision.pooled"] = pooled
    seen["image_embeds"] = pooled @ p["visual_projection.weight"].T
    return seen["image_embeds"]


def pool_positions(ids, eos):
    """The first arg-max where eos is 2, as in the published configs; else the first eos."""
    positions = []
    for row in ids.tolist():
        positions.append(row.index(max(row) if eos == 2 else eos))
    return torch.tensor(positions)


def encode_text(p, config, ids, composed, seen):
    """ids [N,C] to text embeddings [N,projection], before L2 normalisation."""
    text = config["text_config"]
    x = p["text_model.embeddings.token_embedding.weight"][ids]
    x = x + p["text_model.embeddings.position_embedding.weight"][: ids.shape[1]]
    seen["text.embeddings"] = x
    x = transformer(p, "text", x, text, True, composed, seen)
    x = layer_norm(p, "text_model.final_layer_norm", x, text["layer_norm_eps"])
    pooled = x[torch.arange(len(ids)), pool_positions(ids, text["eos_token_id"])]
    seen["text.pooled"] = pooled
    seen["text_embeds"] = pooled @ p["text_projection.weight"].T
    return seen["text_embeds"]


def run(p, config, pixels, ids, composed):
    """All activations of one step by name; composed[tower][block] holds adapted weights."""
    seen = {}
    image = F.normalize(encode_image(p, config, pixels, composed["vision"], seen), dim=-1)
    text = F.normalize(encode_text(p, config, ids, composed["text"], seen), dim=-1)
    seen["logits_per_image"] = torch.exp(p["logit_scale"]) * image @ text.T
    return seen


def loss(kind, logits, targets):
    if kind == "contrastive":
        diagonal = torch.arange(len(logits))
        return (F.cross_entropy(logits, diagonal) + F.cross_entropy(logits.T, diagonal)) / 2
    if kind == "behavior":
        return ((logits - targets) ** 2).mean()
    raise ValueError(kind)
