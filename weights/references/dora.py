"""The adapter of the CLIP-HBA paper on an output projection W0 [out,in].

Directions W0[o]/||W0[o]|| are fixed; m [out], A [r,out] and B [in,r] train. Unlike PEFT's DoRA the
low-rank product is added to the direction, not to W0, and the norm is differentiated through.
"""
import torch


def compose(base, m, a, b, alpha):
    direction = base / base.norm(dim=1, keepdim=True)
    u = direction + alpha / a.shape[0] * (b @ a).T
    return m[:, None] * u / (u.norm(dim=1, keepdim=True) + 1e-8)


def draw(base, rank, generator):
    """Away from the start, so that no gradient is zero by symmetry: m is not ||W0||, B is not 0."""
    out, inner = base.shape

    def uniform(rows, columns, bound):
        return (torch.rand(rows, columns, generator=generator, dtype=base.dtype) * 2 - 1) * bound

    stretch = 0.8 + 0.4 * torch.rand(out, generator=generator, dtype=base.dtype)
    return {
        "m": base.norm(dim=1) * stretch,
        "A": uniform(rank, out, out**-0.5),
        "B": uniform(inner, rank, 0.2 * rank**-0.5),
    }
