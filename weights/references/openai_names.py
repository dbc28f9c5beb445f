"""The same weights under the names that OpenAI and open_clip gave them."""
import os

import torch

import model_files
import safetensors_file


def blocks(weights, tower, target, count):
    found = {}
    for n in range(count):
        name = f"{tower}_model.encoder.layers.{n}"
        to = f"{target}.resblocks.{n}"
        for kind in ("weight", "bias"):
            qkv = [weights[f"{name}.self_attn.{x}_proj.{kind}"] for x in "qkv"]
            found[f"{to}.attn.in_proj_{kind}"] = torch.cat(qkv)
            found[f"{to}.attn.out_proj.{kind}"] = weights[f"{name}.self_attn.out_proj.{kind}"]
            found[f"{to}.ln_1.{kind}"] = weights[f"{name}.layer_norm1.{kind}"]
            found[f"{to}.ln_2.{kind}"] = weights[f"{name}.layer_norm2.{kind}"]
            found[f"{to}.mlp.c_fc.{kind}"] = weights[f"{name}.mlp.fc1.{kind}"]
            found[f"{to}.mlp.c_proj.{kind}"] = weights[f"{name}.mlp.fc2.{kind}"]
    return found


def rename(weights, config, text):
    """text: the prefix of the text tower, empty or `text.` as in open_clip's custom towers."""
    vision = "vision_model."
    found = {
        "logit_scale": weights["logit_scale"],
        "visual.class_embedding": weights[vision + "embeddings.class_embedding"],
        "visual.positional_embedding": weights[vision + "embeddings.position_embedding.weight"],
        "visual.proj": weights["visual_projection.weight"].T,
        "visual.conv1.weight": weights[vision + "embeddings.patch_embedding.weight"],
        text + "positional_embedding": weights["text_model.embeddings.position_embedding.weight"],
        text + "text_projection": weights["text_projection.weight"].T,
        text + "token_embedding.weight": weights["text_model.embeddings.token_embedding.weight"],
    }
    for kind in ("weight", "bias"):
        found[f"visual.ln_pre.{kind}"] = weights[f"{vision}pre_layrnorm.{kind}"]
        found[f"visual.ln_post.{kind}"] = weights[f"{vision}post_layernorm.{kind}"]
        found[f"{text}ln_final.{kind}"] = weights[f"text_model.final_layer_norm.{kind}"]
    layers = config["vision_config"]["num_hidden_layers"]
    found.update(blocks(weights, "vision", "visual.transformer", layers))
    layers = config["text_config"]["num_hidden_layers"]
    found.update(blocks(weights, "text", text + "transformer", layers))
    return found


def write_openai(folder, config, weights):
    """OpenAI's names in model.safetensors, sizes and activation in Hugging Face's config.json."""
    os.makedirs(folder, exist_ok=True)
    model_files.write_configs(folder, config, ())
    tensors = rename(weights, config, "")
    safetensors_file.write(os.path.join(folder, "model.safetensors"), tensors, None)


def write_open_clip(folder, config, weights):
    """open_clip's layout, its text tower under `text.`."""
    os.makedirs(folder, exist_ok=True)
    vision, text = config["vision_config"], config["text_config"]
    tensors = rename(weights, config, "text.")
    safetensors_file.write(
        os.path.join(folder, "open_clip_model.safetensors"), tensors, {"format": "pt"})
    preprocessor = model_files.preprocessor(vision["image_size"], False)
    described = {
        "model_cfg": {
            "embed_dim": config["projection_dim"],
            "quick_gelu": vision["hidden_act"] == "quick_gelu",
            "custom_text": True,
            "vision_cfg": {
                "image_size": vision["image_size"],
                "layers": vision["num_hidden_layers"],
                "width": vision["hidden_size"],
                "head_width": vision["hidden_size"] // vision["num_attention_heads"],
                "mlp_ratio": vision["intermediate_size"] / vision["hidden_size"],
                "patch_size": vision["patch_size"],
            },
            "text_cfg": {
                "context_length": text["max_position_embeddings"],
                "vocab_size": text["vocab_size"],
                "width": text["hidden_size"],
                "heads": text["num_attention_heads"],
                "layers": text["num_hidden_layers"],
                "mlp_ratio": text["intermediate_size"] / text["hidden_size"],
            },
        },
        "preprocess_cfg": {
            "mean": preprocessor["image_mean"],
            "std": preprocessor["image_std"],
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }
    model_files.write_json(folder, "open_clip_config.json", described)
