"""Times calls by CUDA events (by the host's clock on a CPU), as the Java side does."""

import time

import torch

WARM_UPS = 3
MOST_CALLS = 64


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()


def once(calls, device):
    """Milliseconds of one call, after every set was warmed up."""
    for call in calls:
        call()
        call()
    return repeated(lambda i: calls[i % len(calls)](), max(3, len(calls)), device)[0]


def repeated(call, repetitions, device):
    """Milliseconds of each repetition, ascending."""
    synchronize(device)
    if device != "cuda":
        times = []
        for i in range(repetitions):
            begin = time.perf_counter()
            call(i)
            times.append((time.perf_counter() - begin) * 1e3)
        return sorted(times)
    events = [torch.cuda.Event(enable_timing=True) for _ in range(repetitions + 1)]
    events[0].record()
    for i in range(repetitions):
        call(i)
        events[i + 1].record()
    torch.cuda.synchronize()
    return sorted(events[i].elapsed_time(events[i + 1]) for i in range(repetitions))


def summary(name, milliseconds, calls, **more):
    scale, n = 1e3 / calls, len(milliseconds)
    return {
        "name": name,
        "p20_us": milliseconds[n // 5] * scale,
        "p50_us": milliseconds[n // 2] * scale,
        "p80_us": milliseconds[min(n - 1, n * 4 // 5)] * scale,
        "repetitions": n,
        "calls": calls,
        **more,
    }


def measure(name, calls, device, milliseconds, graph):
    """Times calls that take turns; short ones several at a time, as one graph where that works."""
    single = once(calls, device)
    together = 1
    if device == "cuda" and single < 0.5:
        rounds = -(-int(0.5 / max(single, 1e-3) + 1) // len(calls))
        together = min(rounds * len(calls), max(len(calls), MOST_CALLS))
    repetitions = int(min(50, max(7, milliseconds / max(1e-3, single * together))))

    def all_calls(_):
        for i in range(together):
            calls[i % len(calls)]()

    note = "one call" if together == 1 else "queued"
    work = all_calls
    if graph and together > 1:
        try:
            captured = torch.cuda.CUDAGraph()
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                all_calls(0)
            torch.cuda.current_stream().wait_stream(side)
            with torch.cuda.graph(captured):
                all_calls(0)
            work, note = (lambda _: captured.replay()), "graph"
        except Exception as error:
            torch.cuda.synchronize()
            note = "queued; no graph: %s" % str(error).split("\n")[0][:80]
    for i in range(WARM_UPS if device == "cuda" else 1):
        work(i)
    return summary(name, repeated(work, repetitions, device), together, note=note)
