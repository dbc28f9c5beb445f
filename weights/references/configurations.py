"""What is proved: the models and, for each, the steps that are recorded."""
from dataclasses import dataclass, field


@dataclass
class Step:
    """One reference file. Patterns are fnmatch patterns on names; texts give token counts a row."""

    name: str
    loss: str
    images: int
    lengths: list  # tokens of each text, start and end included
    vision_adapters: tuple = ()
    text_adapters: tuple = ()
    rank: int = 4
    activations: tuple = ("*",)
    gradients: tuple = ("*",)
    without: tuple = ()  # gradients left out again, to keep the file small
    # Of MEG steps: times, times to each side of a window, times at the start whose courses are 0
    # (a time is gated where its whole window is), and whether all mixing rows are the tied start.
    times: int = 0
    window: int = 0
    gated: int = 0
    tied: bool = False


@dataclass
class Model:
    name: str
    seed: int
    dtype: str
    config: dict
    steps: list
    pad: str = "zero"  # "end": rows are filled up with the end token, as Hugging Face does
    omit: tuple = ()  # nested config keys left to their defaults
    variants: tuple = field(default=())


def tower(width, heads, layers, inner, act, eps=1e-5, **more):
    return {
        "hidden_size": width,
        "intermediate_size": inner,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "hidden_act": act,
        "layer_norm_eps": eps,
        **more,
    }


def clip(projection, vision, text):
    vision = {"model_type": "clip_vision_model", "num_channels": 3, **vision}
    text = {"model_type": "clip_text_model", **text}
    return {
        "projection_dim": projection,
        "logit_scale_init_value": 2.6592,
        "text_config": {**text, "projection_dim": projection},
        "vision_config": {**vision, "projection_dim": projection},
    }


def words(vocabulary, context, eos):
    """eos 2 stands for the published configs' mistake: the end token is then the largest id."""
    return {
        "vocab_size": vocabulary,
        "max_position_embeddings": context,
        "bos_token_id": 0 if eos == 2 else eos - 1,
        "eos_token_id": eos,
        "pad_token_id": 1,
    }


MATRICES = ("*_proj.weight", "*.fc?.weight")

MODELS = [
    Model(
        "odd-batch", 11, "BF16",
        clip(
            24,
            tower(32, 2, 2, 16, "quick_gelu", image_size=12, patch_size=4),
            tower(16, 1, 1, 16, "quick_gelu", **words(40, 10, 2))),
        [
            Step("contrastive", "contrastive", 3, [10, 3, 2]),
            Step("none", "none", 5, [4, 10, 2, 10], activations=("*_embeds", "logits*")),
        ],
        pad="end"),
    Model(
        "adapters-several", 12, "F16",
        clip(
            20,
            tower(24, 1, 3, 12, "gelu", image_size=12, patch_size=4),
            tower(16, 1, 2, 24, "gelu", **words(40, 9, 30))),
        [
            Step("behavior", "behavior", 3, [9, 3, 5, 6, 2, 4, 9], (1, 2), (0, 1),
                 activations=("vision.layers.*", "*.pooled", "*_embeds", "logits*")),
            Step("behavior-all-blocks", "behavior", 3, [9, 2, 6, 4], (0, 1, 2), (1,), rank=2,
                 activations=("logits_per_image",), gradients=("adapter.*", "pixel_values")),
        ]),
    Model(
        "one-adapter", 13, "BF16",
        clip(
            16,
            tower(48, 1, 1, 16, "quick_gelu", image_size=12, patch_size=4),
            tower(32, 1, 1, 16, "quick_gelu", **words(32, 8, 2))),
        [
            Step("behavior", "behavior", 1, [8, 2, 5], (0,), (), without=MATRICES),
            Step("behavior-text", "behavior", 3, [3, 8, 4, 6, 2], (), (0,), rank=6,
                 activations=("*_embeds", "logits*"), gradients=("adapter.*",)),
        ]),
    Model(
        "tokens-257", 14, "F32",
        clip(
            16,
            tower(16, 1, 1, 16, "quick_gelu", image_size=32, patch_size=2),
            tower(16, 1, 1, 16, "quick_gelu", **words(24, 77, 20))),
        [
            Step("contrastive", "contrastive", 2, [77, 12],
                 activations=("*.pooled", "*_embeds", "logits*"), without=("pixel_values",)),
        ],
        omit=("hidden_act", "layer_norm_eps", "max_position_embeddings", "num_channels",
              "pad_token_id")),
    Model(
        "head-64", 15, "F16",
        clip(
            16,
            tower(16, 1, 1, 16, "gelu", image_size=12, patch_size=4),
            tower(64, 1, 1, 16, "gelu", **words(24, 12, 2))),
        [
            Step("none", "none", 2, [12, 2, 9], activations=("text.layers.*", "*_embeds", "logits*")),
            Step("contrastive", "contrastive", 3, [12, 4, 2], activations=("logits*",),
                 without=MATRICES),
        ]),
    Model(
        "head-128", 16, "BF16",
        clip(
            8,
            tower(128, 1, 1, 8, "gelu", image_size=6, patch_size=2),
            tower(16, 1, 1, 16, "quick_gelu", **words(32, 6, 20))),
        [
            Step("contrastive", "contrastive", 3, [6, 4, 2], without=MATRICES,
                 activations=("*.pooled", "*_embeds", "logits*")),
        ]),
    Model(
        "patch-14", 17, "F16",
        clip(
            8,
            tower(16, 1, 1, 16, "quick_gelu", 1e-6, image_size=28, patch_size=14),
            tower(16, 1, 1, 16, "gelu", 1e-5, **words(32, 7, 28))),
        [
            Step("behavior", "behavior", 1, [7, 2, 3, 6, 4, 5]),
        ]),
    Model(
        "text-heads", 18, "BF16",
        clip(
            16,
            tower(16, 1, 1, 16, "quick_gelu", image_size=8, patch_size=4),
            tower(32, 2, 2, 16, "quick_gelu", **words(40, 13, 30))),
        [
            Step("contrastive", "contrastive", 5, [13, 2, 8, 12, 13],
                 activations=("text.layers.*", "logits*"), gradients=("text_*", "logit_scale")),
        ]),
    Model(
        "names", 19, "BF16",
        clip(
            12,
            tower(16, 1, 2, 16, "gelu", image_size=8, patch_size=4),
            tower(16, 1, 1, 16, "gelu", **words(16, 5, 2))),
        [
            Step("contrastive", "contrastive", 3, [5, 2, 4],
                 activations=("*_embeds", "logits*"), gradients=("*q_proj*", "*_projection*")),
        ],
        variants=("sharded", "open-clip", "openai")),
    Model(
        "meg", 20, "BF16",
        clip(
            12,
            tower(16, 1, 3, 16, "quick_gelu", image_size=8, patch_size=4),
            tower(16, 1, 1, 16, "quick_gelu", **words(24, 6, 2))),
        [
            Step("meg", "meg", 5, [6, 2, 4, 5], (0, 1, 2), (), rank=2,
                 activations=("vision.layers.*", "text_embeds", "mixing", "embeddings", "rdm"),
                 without=("*.fc?.weight", "text_model.*_proj.weight"),
                 times=7, window=2, gated=3),
            Step("meg-start", "meg", 4, [3, 6, 5, 4, 2, 4, 6], (0, 2), (0,), rank=3,
                 activations=("mixing", "embeddings", "rdm"), without=MATRICES,
                 times=9, window=3, gated=5, tied=True),
        ]),
]
