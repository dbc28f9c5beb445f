"""Writes measures.json and rdms.h5: small RDMs with ties and gaps, and what numpy and scipy make of them.

usage: python3 src/test/python/rsa_references.py
Everything by definition: the covariance V of an RDM's entries as a full matrix, its inverse by
numpy, tau-a and the crossnobis distance by loops, regressions by least squares.
"""

import itertools
import json
import os

import h5py
import numpy as np
from scipy import stats
from scipy.spatial.distance import pdist

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "resources", "io", "attune", "rsa", "measures.json")
N = 8
PAIRS = list(itertools.combinations(range(N), 2))
draw = np.random.default_rng(20)


def covariance(pairs, n):
    contrasts = np.zeros((len(pairs), n))
    for p, (i, j) in enumerate(pairs):
        contrasts[p, i] = 1
        contrasts[p, j] = -1
    return (contrasts @ contrasts.T) ** 2


def cosine(x, y):
    return x @ y / np.sqrt((x @ x) * (y @ y))


def tau_a(x, y):
    pairs = list(itertools.combinations(range(len(x)), 2))
    return float(sum(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i, j in pairs) / len(pairs))


def rho_a(x, y):
    n = len(x)
    x, y = stats.rankdata(x), stats.rankdata(y)
    return 12 / (n**3 - n) * ((x - x.mean()) @ (y - y.mean()))


def compare(x, y, pairs=PAIRS, n=N):
    x, y, pairs = np.array(x), np.array(y), np.array(pairs)
    both = ~(np.isnan(x) | np.isnan(y))
    x, y, pairs = x[both], y[both], pairs[both]
    inverse = np.linalg.inv(covariance(pairs, n))

    def whitened(a, b):
        return a @ inverse @ b / np.sqrt((a @ inverse @ a) * (b @ inverse @ b))

    return {
        "spearman": stats.spearmanr(x, y)[0],
        "pearson": stats.pearsonr(x, y)[0],
        "cosine": cosine(x, y),
        "kendall-tau-a": tau_a(x, y),
        "kendall-tau-b": stats.kendalltau(x, y)[0],
        "rho-a": rho_a(x, y),
        "whitened-cosine": whitened(x, y),
        "whitened-pearson": whitened(x - x.mean(), y - y.mean()),
    }


def scaled(x, method):
    """On the scale on which rsatoolbox pools."""
    x = np.array(x)
    inverse = np.linalg.inv(covariance(PAIRS, N))
    centred = x - x.mean()
    if method in ("spearman", "rho-a", "kendall-tau-a", "kendall-tau-b"):
        return stats.rankdata(x)
    return {
        "cosine": x / np.sqrt(x @ x),
        "pearson": centred / np.sqrt(centred @ centred),
        "whitened-cosine": x / np.sqrt(x @ inverse @ x),
        "whitened-pearson": centred / np.sqrt(centred @ inverse @ centred),
    }[method]


def ceiling(people, method, matched):
    shown = [scaled(x, method) if matched else np.array(x) for x in people]
    lower, upper = [], []
    for p, x in enumerate(people):
        others = np.mean([s for q, s in enumerate(shown) if q != p], 0)
        lower.append(compare(x, others)[method])
        upper.append(compare(x, np.mean(shown, 0))[method])
    return [np.mean(lower), np.mean(upper)]


def sampled(x, drawn):
    full = np.full((N, N), np.nan)
    for p, (i, j) in enumerate(PAIRS):
        full[i, j] = full[j, i] = x[p]
    return [full[drawn[i], drawn[j]] for i, j in itertools.combinations(range(len(drawn)), 2)]


def crossnobis(folds, precision):
    folds = np.array(folds)
    values = []
    for i, j in itertools.combinations(range(folds.shape[1]), 2):
        steps = folds[:, i] - folds[:, j]
        orders = itertools.permutations(range(len(folds)), 2)
        values.append(np.mean([steps[a] @ precision @ steps[b] for a, b in orders]) / folds.shape[2])
    return values


def shrunk(residuals):
    """Schaefer and Strimmer's shrinkage toward the diagonal, product by product."""
    x = np.array(residuals) - np.mean(residuals, 0)
    n, channels = x.shape
    deviation = x.std(0, ddof=1)
    x = x / deviation
    variance = square = 0
    correlation = np.eye(channels)
    for a, b in itertools.permutations(range(channels), 2):
        w = x[:, a] * x[:, b]
        variance += n / (n - 1) ** 3 * ((w - w.mean()) ** 2).sum()
        correlation[a, b] = n / (n - 1) * w.mean()
        square += correlation[a, b] ** 2
    shrinkage = min(1, variance / square)
    off = ~np.eye(channels, dtype=bool)
    correlation[off] *= 1 - shrinkage
    return shrinkage, correlation * np.outer(deviation, deviation)


def r_squared(models, y):
    design = np.column_stack([np.ones(len(y)), *models])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return 1 - residual @ residual / ((y - y.mean()) @ (y - y.mean())), residual


def variance(models, y, ranks):
    prepare = stats.rankdata if ranks else np.array
    models, y = [prepare(m) for m in models], prepare(y)
    partial, unique = [], []
    for k, model in enumerate(models):
        rest = [m for q, m in enumerate(models) if q != k]
        without, left = r_squared(rest, y)
        partial.append(stats.pearsonr(r_squared(rest, model)[1], left)[0])
        unique.append(r_squared(models, y)[0] - without)
    return {"explained": r_squared(models, y)[0], "partial": partial, "unique": unique}


def adjusted(p):
    """Benjamini and Hochberg: the smallest rate, p_j n / #{p <= p_j}, of any p_j at least p_i."""
    rates = np.array([q * len(p) / (p <= q).sum() for q in p])
    return [min(1, rates[p >= q].min()) for q in p]


def main():
    count = len(PAIRS)
    x = draw.integers(1, 12, count) / 4
    y = np.round(x + draw.integers(-6, 7, count) / 4, 2)
    gaps = [float(v) for v in y]
    gaps[3] = gaps[17] = np.nan
    drawn = [3, 1, 6, 1, 0, 7, 3, 3]
    people = [[float(v) for v in x + draw.integers(-5, 6, count) / 2] for _ in range(4)]
    models = [x, y, draw.integers(0, 9, count) / 2]
    features = draw.integers(-8, 9, (N, 5)) / 4
    folds = draw.integers(-8, 9, (3, 5, 4)) / 4
    residuals = draw.integers(-8, 9, (12, 4)) / 4
    residuals[:, 1] += residuals[:, 0]
    shrinkage, noise = shrunk(residuals)
    p = draw.integers(1, 100, 15) / 200
    methods = list(compare(x, y))
    result = {
        "x": list(x),
        "y": list(y),
        "compare": compare(x, y),
        "gaps": [None if np.isnan(v) else v for v in gaps],
        "compare_gaps": compare(x, gaps),
        "drawn": drawn,
        "compare_drawn": compare(sampled(x, drawn), sampled(y, drawn)),
        "people": people,
        "ceiling": {m: ceiling(people, m, False) for m in methods},
        "ceiling_matched": {m: ceiling(people, m, True) for m in methods},
        "features": features.tolist(),
        "distances": {m: list(pdist(features, m)) for m in ("correlation", "cosine", "euclidean")},
        "folds": folds.tolist(),
        "residuals": residuals.tolist(),
        "shrinkage": shrinkage,
        "noise": noise.tolist(),
        "crossnobis": crossnobis(folds, np.eye(4)),
        "crossnobis_noise": crossnobis(folds, np.linalg.inv(noise)),
        "models": [list(m) for m in models],
        "variance": variance(models, people[0], False),
        "variance_ranks": variance(models, people[0], True),
        "p": list(p),
        "adjusted": adjusted(p),
    }
    with open(OUT, "w") as file:
        json.dump(result, file, separators=(",", ":"), default=float)
        file.write("\n")
    # The layout in which rsatoolbox saves RDMs.
    with h5py.File(os.path.join(os.path.dirname(OUT), "rdms.h5"), "w") as file:
        file["dissimilarities"] = np.array(people)
        file["pattern_descriptors/index"] = np.arange(N)
        file["pattern_descriptors/conds"] = np.array([f"c{i}" for i in range(N)]).astype("S")
        file["rdm_descriptors/index"] = np.arange(len(people))
        file.attrs["dissimilarity_measure"] = "none"


main()
