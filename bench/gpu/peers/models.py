"""Whole models in PyTorch: inference, a contrastive training step, an adapter training step.

Requests name the folder of the weights, sizes, and one way: "eager", "compiled" (the whole step in
one torch.compile) and "compiled blocks" (each block by itself, which compiles far sooner) are the
plain model of clip.py, "transformers" is Hugging Face's with SDPA, "peft" that one with PEFT's DoRA.
A way that was prepared stays for the next round.
"""

import contextlib
import gc

import torch
import torch.nn.functional as F
from torch import nn

import clip
import operations
import timing

_prepared = {}


def weights(request, device):
    """Makes a model of this configuration with random weights and writes it."""
    with placed(device):
        model = clip.Clip(request["config"])
    clip.randomize(model.to(device), 1)
    clip.save(model, request["config"], request["folder"])
    return {"parameters": sum(p.numel() for p in model.parameters())}


def placed(device):
    """Makes what is made within on the device; an older PyTorch makes it on the CPU."""
    modern = hasattr(torch, "set_default_device")
    return torch.device(device) if modern else contextlib.nullcontext()


def plain(folder, device):
    config, tensors = clip.read(folder)
    with placed(device):
        model = clip.Clip(config)
    model.load_state_dict(tensors)
    return model.to(device)


class HuggingFace(nn.Module):
    """transformers' CLIPModel behind the same two methods."""

    def __init__(self, folder, device):
        super().__init__()
        from transformers import CLIPConfig, CLIPModel

        config, tensors = clip.read(folder)
        config = CLIPConfig.from_dict(config)
        config._attn_implementation = "sdpa"
        with placed(device):
            self.model = CLIPModel(config)
        missing, unexpected = self.model.load_state_dict(tensors, strict=False)
        odd = [name for name in list(missing) + list(unexpected) if "position_ids" not in name]
        if odd:
            raise ValueError("transformers names its weights differently: %s" % odd[:3])
        self.to(device)

    @property
    def logit_scale(self):
        return self.model.logit_scale

    def image_embeds(self, pixels):
        pooled = self.model.vision_model(pixel_values=pixels).pooler_output
        return self.model.visual_projection(pooled)

    def text_embeds(self, ids):
        pooled = self.model.text_model(input_ids=ids).pooler_output
        return self.model.text_projection(pooled)


def build(request, device):
    way = request["way"]
    hugging = way.startswith("transformers") or way.startswith("peft")
    return (HuggingFace if hugging else plain)(request["folder"], device)


def compiled(function, model, request):
    """The function, or what torch.compile makes of it or of the model's blocks."""
    if "compiled" not in request["way"]:
        return function
    if not hasattr(torch, "compile"):
        raise RuntimeError("this PyTorch has no torch.compile")
    if "blocks" not in request["way"]:
        return torch.compile(function, dynamic=False)
    for block in model.modules():
        if isinstance(block, clip.Block):
            block.compile(dynamic=False)
    return function


def autocast(request, device):
    """Products in bf16 of f32 weights, where bf16 is asked for; else nothing."""
    wanted = request["precision"] == "bf16"
    return torch.autocast(device, dtype=torch.bfloat16, enabled=wanted)


def random_inputs(request, device, texts):
    torch.manual_seed(2)
    config = clip.read(request["folder"])[0]
    side, text = config["vision_config"]["image_size"], config["text_config"]
    pixels = torch.randn(request["batch"], 3, side, side, device=device)
    shape = (texts, text["max_position_embeddings"])
    ids = torch.randint(text["vocab_size"] - 2, shape, device=device)
    ids[:, -1] = text["eos_token_id"]
    return pixels, ids


def timed(request, device, way):
    for _ in range(3 if device == "cuda" else 1):
        way.step()
    if way.peak is None and device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    single = timing.repeated(lambda _: way.step(), 2, device)[0]
    repetitions = int(min(30, max(3, request["milliseconds"] / max(1e-3, single))))
    times = timing.repeated(lambda _: way.step(), repetitions, device)
    if way.peak is None:
        most = torch.cuda.max_memory_allocated() if device == "cuda" else 0
        way.peak = max(0, most - way.before)
    return {"variants": [timing.summary(request["way"], times, 1, peak_bytes=way.peak)]}


class Way:
    """A step that was prepared.

    Its memory is measured once, in the first round, when nothing was allocated since it was made but
    by itself: ways that were made before stay, and what they hold is not its own.
    """

    def __init__(self, device, make):
        self.before = held(device)
        self.step = make()
        self.peak = None


def held(device):
    if device != "cuda":
        return 0
    gc.collect()
    torch.cuda.empty_cache()
    return torch.cuda.memory_allocated()


def prepared(request, device, make):
    """The way of this request; made once for all rounds, as long as they last."""
    sort = tuple(request[name] for name in ("command", "folder", "precision", "batch"))
    for key in [key for key in _prepared if key[0] != sort]:
        del _prepared[key]
    operations.set_precision(request["precision"])
    key = (sort, request["way"])
    if key not in _prepared:
        _prepared[key] = Way(device, make)
    return _prepared[key]


def inference(request, device):
    def make():
        model = build(request, device).eval().requires_grad_(False)
        pixels, _ = random_inputs(request, device, 1)
        if "autocast" not in request["way"] and request["precision"] == "bf16":
            model, pixels = model.to(torch.bfloat16), pixels.to(torch.bfloat16)
        forward = compiled(model.image_embeds, model, request)

        def step():
            with torch.inference_mode():
                if "autocast" in request["way"]:
                    with autocast(request, device):
                        return forward(pixels)
                return forward(pixels)

        return step

    return timed(request, device, prepared(request, device, make))


def contrastive_loss(model, pixels, ids):
    images = F.normalize(model.image_embeds(pixels).float(), dim=-1)
    texts = F.normalize(model.text_embeds(ids).float(), dim=-1)
    logits = model.logit_scale.exp() * (images @ texts.t())
    labels = torch.arange(logits.shape[0], device=logits.device)
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2


def training(request, device):
    """Both towers, all parameters, f32 weights with bf16 autocast, fused AdamW, the loss read."""

    def make():
        model = build(request, device).train()
        pixels, ids = random_inputs(request, device, request["batch"])
        fused = {"fused": True} if device == "cuda" else {}
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=1e-6, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1, **fused
        )
        return stepper(request, device, model, optimizer, contrastive_loss, pixels, ids)

    return timed(request, device, prepared(request, device, make))


def stepper(request, device, model, optimizer, loss_of, *inputs):
    forward = compiled(lambda *x: loss_of(model, *x), model, request)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with autocast(request, device):
            loss = forward(*inputs)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


class Dora(nn.Module):
    """The paper's adapter on one projection: W rebuilt in every step from directions and norms."""

    def __init__(self, base, rank):
        super().__init__()
        weight = base.weight.detach()
        norms = weight.norm(dim=1, keepdim=True)
        self.register_buffer("direction", weight / norms)
        self.bias = base.bias
        self.magnitude = nn.Parameter(norms.clone())
        self.a = nn.Parameter(torch.randn(weight.shape[0], rank, device=weight.device) * 0.01)
        self.b = nn.Parameter(torch.randn(rank, weight.shape[1], device=weight.device) * 0.01)
        self.scale = 16 / rank

    def forward(self, x):
        u = self.direction + self.scale * (self.a @ self.b)
        weight = self.magnitude * u / (u.norm(dim=1, keepdim=True) + 1e-8)
        return F.linear(x, weight, self.bias)


def behavior_loss(model, pixels, ids, targets):
    images = F.normalize(model.image_embeds(pixels).float(), dim=-1)
    texts = F.normalize(model.text_embeds(ids).float(), dim=-1)
    return F.mse_loss(model.logit_scale.exp() * (images @ texts.t()), targets)


def adapter_sites(config, request):
    """(tower, block) of the last blocks, which are adapted."""
    sites = []
    for tower, count in (("vision", request["vision_blocks"]), ("text", request["text_blocks"])):
        last = config[tower + "_config"]["num_hidden_layers"]
        sites += [(tower, block) for block in range(last - count, last)]
    return sites


def adapter(request, device):
    """Frozen model, adapters on output projections, 66 prompts encoded in every step."""

    def make():
        model = build(request, device).requires_grad_(False)
        sites = adapter_sites(clip.read(request["folder"])[0], request)
        if "bf16 base" in request["way"]:
            model.to(torch.bfloat16)
        if request["way"].startswith("peft"):
            add_peft(model, sites, request["rank"])
        else:
            for tower, block in sites:
                attention = getattr(model, tower + "_model").encoder.layers[block].self_attn
                attention.out_proj = Dora(attention.out_proj, request["rank"])
        parameters = [p for p in model.parameters() if p.requires_grad]
        pixels, ids = random_inputs(request, device, request["prompts"])
        targets = torch.rand(request["batch"], request["prompts"], device=device) * 100
        fused = {"fused": True} if device == "cuda" else {}
        optimizer = torch.optim.AdamW(parameters, lr=1e-5, **fused)
        return stepper(request, device, model, optimizer, behavior_loss, pixels, ids, targets)

    return timed(request, device, prepared(request, device, make))


def add_peft(model, sites, rank):
    from peft import LoraConfig, inject_adapter_in_model

    names = "|".join(r"%s_model\.encoder\.layers\.%d\." % site for site in sites)
    config = LoraConfig(
        r=rank, lora_alpha=16, use_dora=True, target_modules=r".*(%s)self_attn\.out_proj" % names
    )
    inject_adapter_in_model(config, model.model)
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    if not trained or not all("lora" in name for name in trained):
        raise ValueError("PEFT trains %s" % trained[:3])


def embeddings(request, device):
    """Embeddings of the pixels and ids in raw files, written as raw f32: images, then texts."""
    import numpy

    operations.set_precision(request["precision"])
    config, _ = clip.read(request["folder"])
    side = config["vision_config"]["image_size"]
    pixels = numpy.fromfile(request["pixels"], numpy.float32).reshape(-1, 3, side, side)
    ids = numpy.fromfile(request["ids"], numpy.int32).reshape(request["texts"], -1)
    pixels = torch.from_numpy(pixels).to(device)
    ids = torch.from_numpy(ids.astype(numpy.int64)).to(device)
    model = build(request, device).eval()
    if request["precision"] == "bf16":
        model, pixels = model.to(torch.bfloat16), pixels.to(torch.bfloat16)
    with torch.inference_mode():
        both = [model.image_embeds(pixels).float(), model.text_embeds(ids).float()]
    torch.cat(both).cpu().numpy().tofile(request["out"])
    return {"written": request["out"]}


COMMANDS = {
    "weights": weights,
    "embeddings": embeddings,
    "inference": inference,
    "training": training,
    "adapter": adapter,
}
