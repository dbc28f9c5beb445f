"""NumPy, SciPy and PIL as peers: reads a task and its arrays, then does it whenever a line says "run".

In: the task's name, its number of arrays, for each a line of its shape and its bytes (float32); or, for tasks on
files, one file name a line. Out: "run" is answered with the seconds of processor time it took, "outputs" with the
number of arrays and for each its size and bytes.
"""

import sys
import time

import numpy


class Correlation:
    """Correlation RDMs of each time, one after the other, in the same memory."""

    def __init__(self, x):
        self.x = x
        self.rdm = numpy.empty((x.shape[1], x.shape[1]), numpy.float32)

    def run(self):
        for x in self.x:
            centred = x - x.mean(axis=1, keepdims=True)
            centred /= numpy.linalg.norm(centred, axis=1, keepdims=True)
            numpy.dot(centred, centred.T, out=self.rdm)
            numpy.subtract(1, self.rdm, out=self.rdm)

    def outputs(self):
        return [self.rdm[numpy.triu_indices(len(self.rdm), 1)]]


class Spearman:
    def __init__(self, x, y):
        from scipy import stats

        self.stats, self.x, self.y = stats, x.astype(float), y.astype(float)

    def run(self):
        self.value = self.stats.spearmanr(self.x, self.y)[0]

    def outputs(self):
        return [numpy.array([self.value], numpy.float32)]


class Lda:
    """Accuracies of linear discriminants of all pairs of conditions, each session left out once.

    The covariance of all channels is made and solved with, shrunk as Ledoit and Wolf say.
    """

    def __init__(self, x):
        self.x = x.astype(float)

    def run(self):
        conditions = len(self.x)
        self.accuracies = [
            self.pair(self.x[i], self.x[j]) for i in range(conditions) for j in range(i + 1, conditions)
        ]

    def pair(self, a, b):
        sessions = len(a)
        right = 0
        for left in range(sessions):
            kept = numpy.arange(sessions) != left
            mean_a, mean_b = a[kept].mean(0), b[kept].mean(0)
            weights = self.solve(numpy.concatenate([a[kept] - mean_a, b[kept] - mean_b]), mean_a - mean_b)
            middle = (mean_a + mean_b) / 2
            right += int((a[left] - middle) @ weights > 0) + int((b[left] - middle) @ weights < 0)
        return right / (2 * sessions)

    @staticmethod
    def solve(residuals, difference):
        n, p = residuals.shape
        covariance = residuals.T @ residuals / n
        variance = numpy.trace(covariance) / p
        norm = (covariance**2).sum()
        error = (((residuals**2).sum(1) ** 2).mean() - norm) / n
        shrinkage = min(max(error / (norm - p * variance**2), 1e-6), 1)
        covariance *= 1 - shrinkage
        covariance.flat[:: p + 1] += shrinkage * variance
        return numpy.linalg.solve(covariance, difference)

    def outputs(self):
        return [numpy.array(self.accuracies)]


class Images:
    """Decoded, shorter side to 224 with the bicubic filter, cut to the middle, normalised."""

    mean = numpy.array([0.48145466, 0.4578275, 0.40821073], numpy.float32)
    deviation = numpy.array([0.26862954, 0.26130258, 0.27577711], numpy.float32)

    def __init__(self, files):
        from PIL import Image

        self.image, self.files = Image, files

    def run(self):
        self.pixels = [self.one(file) for file in self.files]

    def one(self, file):
        image = self.image.open(file).convert("RGB")
        scale = 224 / min(image.size)
        size = [int(side * scale) if side != min(image.size) else 224 for side in image.size]
        image = image.resize(size, self.image.BICUBIC)
        left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
        image = image.crop((left, top, left + 224, top + 224))
        x = numpy.asarray(image, numpy.float32) / 255
        return ((x - self.mean) / self.deviation).transpose(2, 0, 1)

    def outputs(self):
        return [numpy.ascontiguousarray(self.pixels[-1]).ravel()]


def main():
    read, out = sys.stdin.buffer, sys.stdout.buffer

    def line():
        return read.readline().decode().strip()

    name, count = line(), int(line())
    if name == "images":
        task = Images([line() for _ in range(count)])
    else:
        arrays = []
        for _ in range(count):
            shape = [int(side) for side in line().split()]
            size = int(numpy.prod(shape))
            arrays.append(numpy.frombuffer(read.read(4 * size), "<f4").reshape(shape))
        task = {"correlation": Correlation, "lda": Lda, "spearman": Spearman}[name](*arrays)
    for order in iter(line, ""):
        if order == "run":
            start = time.process_time()
            task.run()
            out.write(b"%.9f\n" % (time.process_time() - start))
        else:
            results = [numpy.ascontiguousarray(array, "<f4") for array in task.outputs()]
            out.write(b"%d\n" % len(results))
            for array in results:
                out.write(b"%d\n" % array.size + array.tobytes())
        out.flush()


main()
