"""The MEG model above the image tower and its loss, in plain PyTorch.

Shapes: T times, L vision blocks, B images, K prompts, P = B(B-1)/2 pairs of images.
"""
import torch
import torch.nn.functional as F

SETTINGS = {
    "weight.pearson": 1.0,
    "weight.mse": 0.1,
    "weight.generalization": 0.15,
    "normalizer.pearson": 0.9,
    "normalizer.mse": 0.4,
    "normalizer.generalization": 0.7,
}


def draw(step, blocks, generator):
    """Inputs of one step beside pixels and prompts; the layer weights are to be differentiated."""
    times, images, prompts = step.times, step.images, len(step.lengths)

    def uniform(*shape):
        return torch.rand(shape, generator=generator, dtype=torch.float64)

    if step.tied:  # the published start: every mixing row ties in all blocks but the last
        weights = torch.zeros(times, blocks, dtype=torch.float64)
        weights[:, -1] = 1
    else:
        weights = uniform(times, blocks) - 0.2
    courses = {name: uniform(times) for name in ("richness", "generalization", "noise_level")}
    courses["richness"][: step.gated] = 0
    courses["generalization"][: step.gated] = 0
    rdm = torch.triu(uniform(times, images, images) * 0.5 + 0.3, 1)
    # Floors are drawn far above the method's, whose share of a gradient no float32 could show.
    return weights, {
        **courses,
        "noise": torch.randn(times, images, prompts, generator=generator, dtype=torch.float64),
        "floor": uniform(times, images, prompts),
        "meg_rdm": rdm + rdm.transpose(1, 2),
    }


def windowed(x, h):
    """The mean over the h times to each side that exist."""
    rows = [x[max(0, i - h): i + h + 1].mean(0) for i in range(len(x))]
    return torch.stack(rows)


def branch(weights, h):
    """Which entry is the least, the largest, and which ReLUs are open: first among equals."""
    w = windowed(weights.detach(), h)
    least = w.argmin(1, keepdim=True)
    return least, w.argmax(1, keepdim=True), w > w.gather(1, least)


def mixing(weights, h, taken):
    """[T,L]; the branch is held fixed, so that finite differences see the one that autograd saw."""
    least, largest, is_open = taken
    w = windowed(weights, h)
    low = w.gather(1, least)
    v = (w - low) / (w.gather(1, largest) - low + 1e-10)
    return torch.where(is_open, v / (v.sum(1, keepdim=True) + 1e-10), torch.zeros_like(v))


def deviation(raw):
    """Unbiased standard deviation over images [T,1,K], with gradient 0 where it is 0."""
    variance = raw.var(1, keepdim=True)
    positive = variance > 0
    return torch.where(positive, torch.where(positive, variance, torch.ones_like(variance)).sqrt(),
                       torch.zeros_like(variance))


def rdms(e):
    """1 - Pearson between the rows of every time, the diagonal exactly 0: [T,B,B]."""
    unit = F.normalize(e - e.mean(2, keepdim=True), dim=2, eps=0)
    apart = ~torch.eye(e.shape[1], dtype=torch.bool)
    return (1 - unit @ unit.transpose(1, 2)) * apart


def pearson_loss(x, y):
    x, y = x - x.mean(), y - y.mean()
    return 1 - (x * y).sum() / ((x * x).sum() * (y * y).sum()).sqrt()


def generalization(x):
    """x [T,P] to the row means of the times' correlations, in the method's scaling."""
    z = (x - x.mean(1, keepdim=True)) / x.std(1, unbiased=False, keepdim=True)
    return (z @ z.T / (x.shape[1] - 1)).mean(1)


def gradients(similarity, weights, inputs, window, taken):
    """Of the loss, by the similarities, the layer weights and the scale of the similarities."""
    leaves = similarity.detach().requires_grad_(), weights.detach().requires_grad_()
    total = head(*leaves, inputs, window, taken, {})[1]
    first, second = torch.autograd.grad(total, leaves)
    return first, second, (first * similarity.detach()).sum()


def suits_coarse_formats(similarity, weights, inputs, window, taken):
    """Whether a step in bf16 must come to about the same gradients: no small error of the
    similarities moves them much, be it by a ReLU's kink or by cancellation. All blocks that are
    mixed and a quarter of the outputs must have a part."""
    own = gradients(similarity, weights, inputs, window, taken)
    blocks = own[0].norm(dim=(1, 2))
    mixed = mixing(weights, window, taken).sum(0) > 0
    seen = {}
    head(similarity.detach(), weights, inputs, window, taken, seen)
    is_open = seen["embeddings"] > inputs["floor"]
    if not blocks[mixed].min() > 0.1 * blocks.max() or is_open.double().mean() < 0.25:
        return False
    size = similarity.detach().square().mean((1, 2), keepdim=True).sqrt()
    generator = torch.Generator().manual_seed(1)
    for _ in range(8):
        error = torch.randn(similarity.shape, generator=generator, dtype=torch.float64)
        moved = gradients(similarity + 0.01 * size * error, weights, inputs, window, taken)
        if any((x - y).norm() > 0.05 * y.norm() for x, y in zip(moved, own)):
            return False
    return True


def run(p, layers, inputs, window, taken, seen):
    """layers: the residual stream after each vision block. Adds to seen; returns all losses."""
    tokens = torch.stack([x[:, 0] for x in layers])  # [L,B,D]
    text = F.normalize(seen["text_embeds"], dim=-1)
    similarity = torch.exp(p["logit_scale"]) * (tokens @ p["visual_projection.weight"].T) @ text.T
    seen["similarity"] = similarity
    return head(similarity, p["layer_weights"], inputs, window, taken, seen)


def head(similarity, weights, inputs, window, taken, seen):
    """From similarities [L,B,K] and layer weights to all losses, as run."""
    mixed = mixing(weights, window, taken)
    richness = windowed(inputs["richness"], window)[:, None, None]
    gain = windowed(inputs["generalization"], window)[:, None, None]
    raw = torch.relu(richness * torch.einsum("tj,jbk->tbk", mixed, similarity))
    noise = inputs["noise_level"][:, None, None] * inputs["noise"] * deviation(raw)
    e = torch.relu(gain * (raw + noise)) + inputs["floor"]
    rdm = rdms(e)
    seen.update({"mixing": mixed, "embeddings": e, "rdm": rdm})
    upper = torch.triu_indices(e.shape[1], e.shape[1], 1)
    x = rdm[:, upper[0], upper[1]]
    y = inputs["meg_rdm"][:, upper[0], upper[1]]
    losses = {
        "pearson": pearson_loss(x, y),
        "mse": ((x - y) ** 2).mean(1).mean(),
        "generalization": pearson_loss(generalization(x), generalization(y)),
    }
    total = sum(SETTINGS["weight." + name] / SETTINGS["normalizer." + name] * loss
                for name, loss in losses.items())
    return losses, total
