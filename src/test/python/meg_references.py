"""Writes group.h5, individual.npy and targets.json: MEG RDMs and what numpy and scipy condense them to.

usage: python3 src/test/python/meg_references.py
An implementation of its own, whole arrays at once: the full T x T correlations, scipy's Gaussian filter.
"""

import json
import os

import h5py
import numpy as np
from scipy.ndimage import gaussian_filter1d

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "resources", "io", "attune", "data", "meg")


def rdms(seed, participants, times, n):
    """Euclidean distances of points that wander, in no round range, with a NaN diagonal."""
    draw = np.random.default_rng(seed)
    points = draw.standard_normal((participants, times, n, 3)).cumsum(1) * 0.2 + draw.standard_normal((n, 3))
    distances = np.sqrt(((points[:, :, :, None] - points[:, :, None, :]) ** 2).sum(-1)) + 40
    distances[:, :, range(n), range(n)] = np.nan
    return distances


def scaled(values):
    return (values - values.min()) / (values.max() - values.min())


def condense(array, averaged, of_curves, first, step, group, times):
    data = np.array(array, dtype="f8")
    n = data.shape[-1]
    data[:, :, range(n), range(n)] = 0
    if data.min() != 0 or data.max() != 1:
        data = scaled(data)
    groups = (data.shape[1] - 1) // group
    means = data[:, 1 : 1 + groups * group].reshape(data.shape[0], groups, group, n, n).mean(2)
    data = np.concatenate([data[:, :1], means], 1)
    ms = first + step * group * np.arange(data.shape[1])
    kept = np.ones(len(ms), bool) if times is None else (ms >= times[0]) & (ms <= times[1])
    data, ms = data[:, kept], ms[kept]
    upper = np.triu_indices(n, 1)
    curves = data[[p - 1 for p in of_curves]]
    alpha = scaled(curves.mean((2, 3)).mean(0))
    beta = np.mean([scaled(np.corrcoef(c[:, upper[0], upper[1]]).mean(1)) for c in curves], 0)
    alpha[ms <= 0] = 0
    beta[ms <= 0] = 0
    nu = scaled(gaussian_filter1d(1 - beta, 3, mode="reflect", truncate=4))
    target = data[[p - 1 for p in averaged]].mean(0)[:, upper[0], upper[1]]
    return {
        "participants": averaged,
        "curve_participants": of_curves,
        "first_ms": first,
        "step_ms": step,
        "target_step_ms": step * group,
        "times": times,
        "count": len(ms),
        "target": [float(v) for v in target.astype("f4").ravel()],
        "alpha": alpha.tolist(),
        "beta": beta.tolist(),
        "nu": nu.tolist(),
    }


def main():
    os.makedirs(OUT, exist_ok=True)
    group = rdms(1, 4, 21, 7).astype("f4")
    path = os.path.join(OUT, "group.h5")
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("mat", data=group, chunks=(2, 8, 3, 4), compression="gzip")
    with open(path, "r+b") as file:  # as MATLAB 7.3 begins its files
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + bytes([0, 2]) + b"IM")
    individual = rdms(2, 3, 58, 5)
    np.save(os.path.join(OUT, "individual.npy"), individual)
    everyone = [1, 2, 3, 4]
    cases = [
        {"file": "group.h5"} | condense(group, [1, 2, 3], everyone, -100, 20, 1, None),
        {"file": "group.h5"} | condense(group, [4, 2], everyone, -100, 20, 2, None),
        {"file": "group.h5"} | condense(group, [2, 3], everyone, -100, 20, 1, [-20, 160]),
        {"file": "group.h5"} | condense(group, [4], [4], -100, 20, 1, None),
        {"file": "individual.npy"} | condense(individual, [2], [2], -20, 1, 5, None),
        {"file": "individual.npy"} | condense(individual, [1, 3], [1, 2, 3], -20, 1, 5, [-5, 30]),
    ]
    with open(os.path.join(OUT, "targets.json"), "w") as file:
        json.dump(cases, file)


if __name__ == "__main__":
    main()
