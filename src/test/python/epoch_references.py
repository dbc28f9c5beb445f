"""Writes uneven.h5, even.npy and epochs.json: small epochs and what NumPy makes of them.

usage: python3 src/test/python/epoch_references.py
An implementation of its own, straight from the definitions: covariances of channels, their inverses, one
pair, session and trial at a time.
"""

import json
import os

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "resources", "io", "attune", "data", "epochs")


def shrunk(residuals, divisor, shrinkage):
    """(1 - l) S + l tr(S)/p I; l of Ledoit and Wolf (2004), lemmas 3.2 to 3.4, with known means."""
    n, p = residuals.shape
    s = residuals.T @ residuals / n
    mean = np.trace(s) / p
    if shrinkage == "auto":
        d2 = ((s - mean * np.eye(p)) ** 2).sum() / p
        b2 = sum(((np.outer(x, x) - s) ** 2).sum() / p for x in residuals) / n**2
        shrinkage = min(max(b2 / d2, 1e-6), 1) if d2 > 0 else 1
    return ((1 - shrinkage) * s + shrinkage * mean * np.eye(p)) * n / divisor


def lda(a, b, sessions_a, sessions_b, shrinkage):
    right = [[], []]
    for session in np.union1d(sessions_a, sessions_b):
        train = a[sessions_a != session], b[sessions_b != session]
        means = train[0].mean(0), train[1].mean(0)
        residuals = np.concatenate([train[0] - means[0], train[1] - means[1]])
        w = np.linalg.solve(shrunk(residuals, len(residuals), shrinkage), means[0] - means[1])
        for label, (x, of) in enumerate(((a, sessions_a), (b, sessions_b))):
            for trial in x[of == session]:
                f = w @ (trial - (means[0] + means[1]) / 2)
                right[label].append((f > 0) == (label == 0))
    return (np.mean(right[0]) + np.mean(right[1])) / 2


def crossnobis(data, conditions, sessions, shrinkage):
    names, folds = np.unique(conditions), np.unique(sessions)
    residuals = np.concatenate([data[conditions == c] - data[conditions == c].mean(0) for c in names])
    inverse = np.linalg.inv(shrunk(residuals, len(residuals) - len(names), shrinkage))
    means = [[data[(conditions == c) & (sessions == s)].mean(0) for c in names] for s in folds]
    values = []
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            steps = [m[i] - m[j] for m in means]
            products = [x @ inverse @ y for k, x in enumerate(steps) for m, y in enumerate(steps) if k != m]
            values.append(np.mean(products) / data.shape[1])
    return values


def rdms(epochs, conditions, sessions, measure, shrinkage):
    names = np.unique(conditions)
    result = []
    for sample in range(epochs.shape[2]):
        data = epochs[:, :, sample].astype("f8")
        means = [data[conditions == c].mean(0) for c in names]
        if measure == "crossnobis":
            result.append(crossnobis(data, conditions, sessions, shrinkage))
            continue
        values = []
        for i in range(len(names)):
            for j in range(i + 1, len(names)):
                if measure == "correlation":
                    values.append(1 - np.corrcoef(means[i], means[j])[0, 1])
                elif measure == "euclidean":
                    values.append(np.linalg.norm(means[i] - means[j]))
                else:
                    of = conditions == names[i], conditions == names[j]
                    values.append(lda(data[of[0]], data[of[1]], sessions[of[0]], sessions[of[1]], shrinkage))
        result.append(values)
    return [[float(v) for v in row] for row in result]


def draw(seed, conditions, channels, samples):
    """Patterns that grow with time in noise of mixed channels, in tesla."""
    random = np.random.default_rng(seed)
    numbers = np.unique(conditions, return_inverse=True)[1]
    patterns = random.standard_normal((numbers.max() + 1, channels, 1)) * np.linspace(0, 1.5, samples)
    mixing = random.standard_normal((channels, channels))
    noise = np.einsum("dc,tcs->tds", mixing, random.standard_normal((len(conditions), channels, samples)))
    return (patterns[numbers] + 0.7 * noise + 3) * 1e-13


def main():
    os.makedirs(OUT, exist_ok=True)
    random = np.random.default_rng(7)
    cases = []

    # Uneven: "cup" misses session 3, "axe" has two trials in session 1; more channels than trials.
    pairs = [(c, s) for c in ("axe", "bag", "cup", "dog", "ear") for s in (1, 2, 3) if (c, s) != ("cup", 3)]
    pairs = [pairs[i] for i in random.permutation(len(pairs))] + [("axe", 1)]
    conditions, sessions = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    epochs = draw(1, conditions, 17, 3).astype("f4")
    with h5py.File(os.path.join(OUT, "uneven.h5"), "w") as file:
        file.create_dataset("epochs", data=epochs, chunks=(4, 17, 2), compression="gzip")
        file["conditions"] = conditions.astype("S")
        file["sessions"] = sessions
    for measure, shrinkage in (("lda", "auto"), ("lda", 0.01), ("correlation", None), ("euclidean", None)):
        cases.append({"file": "uneven.h5", "measure": measure, "shrinkage": shrinkage,
                      "rdms": rdms(epochs, conditions, sessions, measure, shrinkage)})

    # Even: four sessions, fewer channels than trials, conditions that are numbers.
    conditions, sessions = np.repeat([2, 3, 5, 7, 11, 13], 4), np.tile([1, 2, 3, 4], 6)
    epochs = draw(2, conditions, 5, 4)
    np.save(os.path.join(OUT, "even.npy"), epochs)
    np.save(os.path.join(OUT, "even-conditions.npy"), conditions)
    with open(os.path.join(OUT, "even-sessions.txt"), "w") as file:
        file.write("".join(f"day {s}\n" for s in sessions))
    for measure, shrinkage in (("lda", "auto"), ("lda", 1.0), ("crossnobis", "auto"), ("crossnobis", 0.1)):
        cases.append({"file": "even.npy", "measure": measure, "shrinkage": shrinkage,
                      "rdms": rdms(epochs, conditions, sessions, measure, shrinkage)})

    with open(os.path.join(OUT, "epochs.json"), "w") as file:
        json.dump(cases, file)


if __name__ == "__main__":
    main()
