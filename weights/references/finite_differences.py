"""Holds autograd against central differences along a random direction, parameter by parameter."""
import torch


def check(loss, leaves, names, step=1e-5, tolerance=1e-6):
    """loss: function of a dict like leaves. Raises where a directional derivative disagrees."""
    generator = torch.Generator().manual_seed(7)
    values = {name: x.detach() for name, x in leaves.items()}
    with torch.no_grad():
        slopes = {}
        for name in names:
            direction = torch.randn(values[name].shape, generator=generator, dtype=torch.float64)
            direction /= direction.norm()
            up = loss({**values, name: values[name] + step * direction})
            down = loss({**values, name: values[name] - step * direction})
            gradient = leaves[name].grad
            analytic = 0.0 if gradient is None else float((gradient * direction).sum())
            slopes[name] = (analytic, float(up - down) / (2 * step))
    scale = max(abs(analytic) for analytic, _ in slopes.values())
    for name, (analytic, numeric) in slopes.items():
        if abs(analytic - numeric) > tolerance * (abs(analytic) + 0.01 * scale):
            raise AssertionError(f"{name}: autograd {analytic}, finite difference {numeric}")
