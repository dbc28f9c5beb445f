"""PyTorch's counterparts of our operations, by our names, at the sizes that the request gives.

Each function below makes the tensors of one set and returns the ways to do it: a name, a call, and
False where the call cannot be captured in a CUDA graph. Names that end in "compiled" went through
torch.compile.
"""

import torch
import torch.nn.functional as F

import timing

TYPES = {"f32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}
OPERATIONS = {}
_compiled = {}


def operation(name):
    def register(function):
        OPERATIONS[name] = function
        return function

    return register


class Inputs:
    def __init__(self, device, precision):
        self.device = device
        self.precision = precision
        self.type = TYPES[precision]

    def floats(self, *dims):
        return torch.randn(dims, device=self.device)

    def positive(self, *dims):
        return torch.rand(dims, device=self.device) + 0.5

    def operand(self, *dims):
        return torch.randn(dims, device=self.device).to(self.type)

    def indices(self, limit, *dims):
        return torch.randint(limit, dims, device=self.device)

    def both(self, name, function, *arguments):
        """The function as it is and compiled."""
        ways = [(name, lambda: function(*arguments))]
        if self.device == "cuda" and hasattr(torch, "compile"):
            if function not in _compiled:
                _compiled[function] = torch.compile(function, dynamic=False)
            fused = _compiled[function]
            ways.append((name + ", compiled", lambda: fused(*arguments)))
        return ways


def measure(request, device):
    name, sizes, precision = request["operation"], request["sizes"], request["precision"]
    if name not in OPERATIONS:
        return {"failed": "PyTorch has no counterpart of " + name}
    set_precision(precision)
    inputs = Inputs(device, precision)
    torch.manual_seed(1)
    sets = [OPERATIONS[name](inputs, sizes) for _ in range(request["sets"])]
    variants = []
    for v, (way, _, *captured) in enumerate(sets[0]):
        calls = [one[v][1] for one in sets]
        try:
            graph = device == "cuda" and captured != [False]
            variants.append(timing.measure(way, calls, device, request["milliseconds"], graph))
        except Exception as error:
            variants.append({"name": way, "failed": str(error).split("\n")[0][:200]})
    return {"variants": variants}


def set_precision(precision):
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    try:
        from torch import _dynamo

        _dynamo.config.cache_size_limit = 64
    except (ImportError, AttributeError):
        pass  # an older PyTorch, or one without compilation


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


# --- products


def linear_quick_gelu(x, w, b):
    z = F.linear(x, w, b)
    return z, quick_gelu(z)


def linear_residual(x, w, b, residual):
    return residual + F.linear(x, w, b)


@operation("gemm.multiply")
def multiply(inputs, s):
    m, n, k, kind = s["m"], s["n"], s["k"], s["kind"]
    if kind == "input_gradient":
        dy, w = inputs.operand(m, n), inputs.operand(n, k)
        out = inputs.operand(m, k)
        return [("torch.mm", lambda: torch.mm(dy, w, out=out))]
    if kind == "weight_gradient":
        dy, x = inputs.operand(m, n), inputs.operand(m, k)
        out = inputs.operand(n, k)
        return [("addmm_ in its own type", lambda: out.addmm_(dy.t(), x))]
    x, w, b = inputs.operand(m, k), inputs.operand(n, k), inputs.operand(n)
    # Compiling takes seconds a shape; only bf16, where it matters, is worth them.
    ways = slice(None) if inputs.precision == "bf16" else slice(1)
    if kind == "linear_quick_gelu":
        return inputs.both("F.linear, quick_gelu", linear_quick_gelu, x, w, b)[ways]
    if kind == "linear_residual":
        residual = inputs.floats(m, n)
        return inputs.both("F.linear, residual", linear_residual, x, w, b, residual)[ways]
    return [("F.linear", lambda: F.linear(x, w, b))]


@operation("gemm.multiplyBatched")
def multiply_batched(inputs, s):
    a = inputs.operand(s["count"], s["m"], s["k"])
    b = inputs.operand(s["count"], s["n"], s["k"])
    out = inputs.operand(s["count"], s["m"], s["n"])
    return [("torch.bmm", lambda: torch.bmm(a, b.transpose(1, 2), out=out))]


# --- attention


def plain_attention(q, k, v, causal):
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if causal:
        length = q.shape[-2]
        mask = torch.ones(length, length, dtype=torch.bool, device=q.device).triu(1)
        scores = scores.masked_fill(mask, float("-inf"))
    return scores.softmax(-1) @ v


def heads(inputs, s):
    """q, k, v [B, H, T, d] as views of one packed matrix, as the model's qkv layer writes them."""
    batch, h, d = s["batch"], s["heads"], s["head"]
    if s["queries"] == s["keys"]:
        packed = inputs.operand(batch, s["keys"], 3, h, d)
        return [t.transpose(1, 2) for t in packed.unbind(2)]
    packed = inputs.operand(batch, s["keys"], 2, h, d)
    q = inputs.operand(batch, s["queries"], h, d)
    return [q.transpose(1, 2)] + [t.transpose(1, 2) for t in packed.unbind(2)]


def attention_ways(s):
    """Names and functions of (q, k, v): each backend that this PyTorch offers."""
    causal = s["causal"]
    if not hasattr(F, "scaled_dot_product_attention"):
        return [("plain attention", lambda q, k, v: plain_attention(q, k, v, causal))]

    def default(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)

    ways = [("SDPA default", default)]
    try:
        from torch.nn.attention import SDPBackend, sdpa_kernel
    except ImportError:
        return ways
    for backend in ("FLASH_ATTENTION", "CUDNN_ATTENTION", "EFFICIENT_ATTENTION"):
        if hasattr(SDPBackend, backend):

            def forced(q, k, v, which=getattr(SDPBackend, backend)):
                with sdpa_kernel(which):
                    return F.scaled_dot_product_attention(q, k, v, is_causal=causal)

            ways.append(("SDPA " + backend.split("_")[0].lower(), forced))
    return ways


@operation("attention.forward")
def attention_forward(inputs, s):
    q, k, v = heads(inputs, s)

    def bind(function):
        def call():
            with torch.no_grad():
                return function(q, k, v)

        return call

    return [(name, bind(function)) for name, function in attention_ways(s)]


@operation("attention.backward")
def attention_backward(inputs, s):
    leaves = [t.detach().requires_grad_() for t in heads(inputs, s)]
    batch, h, d = s["batch"], s["heads"], s["head"]
    dout = inputs.operand(batch, s["queries"], h, d).transpose(1, 2)

    def bind(function):
        state = {}

        def call():
            if "out" not in state:
                state["out"] = function(*leaves)
            torch.autograd.grad(state["out"], leaves, dout, retain_graph=True)

        return call

    return [(name + ", autograd", bind(function), False) for name, function in attention_ways(s)]


# --- rows


def layer_norm(x, w, b, type):
    return F.layer_norm(x, x.shape[-1:], w, b).to(type)


def add_layer_norm(x, branch, w, b, type):
    total = x + branch
    return total, F.layer_norm(total, x.shape[-1:], w, b).to(type)


@operation("layerNorm.forward")
def layer_norm_forward(inputs, s):
    x = inputs.floats(s["rows"], s["columns"])
    w, b = inputs.positive(s["columns"]), inputs.floats(s["columns"])
    return inputs.both("F.layer_norm", layer_norm, x, w, b, inputs.type)


@operation("layerNorm.addForward")
def layer_norm_add(inputs, s):
    x, branch = inputs.floats(s["rows"], s["columns"]), inputs.operand(s["rows"], s["columns"])
    w, b = inputs.positive(s["columns"]), inputs.floats(s["columns"])
    return inputs.both("add, F.layer_norm", add_layer_norm, x, branch, w, b, inputs.type)


def layer_norm_gradient(dy, x, mean, rstd, w, b, dx):
    d, dw, db = torch.ops.aten.native_layer_norm_backward(
        dy.float(), x, x.shape[-1:], mean, rstd, w, b, [True, True, True]
    )
    return dx.add_(d), dw, db


@operation("layerNorm.backward")
def layer_norm_backward(inputs, s):
    rows, columns = s["rows"], s["columns"]
    x, dy = inputs.floats(rows, columns), inputs.operand(rows, columns)
    w, b = inputs.positive(columns), inputs.floats(columns)
    _, mean, rstd = torch.native_layer_norm(x, (columns,), w, b, 1e-5)
    dx = inputs.floats(rows, columns)
    return inputs.both(
        "native_layer_norm_backward", layer_norm_gradient, dy, x, mean, rstd, w, b, dx
    )


def quick_gelu_gradient(x, dy):
    gate = torch.sigmoid(1.702 * x)
    return dy * gate * (1 + 1.702 * x * (1 - gate))


@operation("activation.forward")
def activation_forward(inputs, s):
    x = inputs.operand(s["rows"], s["columns"])
    if s["function"] == "gelu":
        return [("F.gelu", lambda: F.gelu(x))]
    return inputs.both("quick_gelu", quick_gelu, x)


@operation("activation.backward")
def activation_backward(inputs, s):
    x, dy = inputs.operand(s["rows"], s["columns"]), inputs.operand(s["rows"], s["columns"])
    if s["function"] == "gelu":
        return [("gelu_backward", lambda: torch.ops.aten.gelu_backward(dy, x))]
    return inputs.both("quick_gelu gradient", quick_gelu_gradient, x, dy)


def unit(x):
    norm = x.norm(dim=-1, keepdim=True)
    return x / norm, norm


def unit_gradient(dy, y, norm):
    return (dy - y * (y * dy).sum(-1, keepdim=True)) / norm[:, None]


@operation("normalize.l2")
def l2(inputs, s):
    return inputs.both("x / norm", unit, inputs.floats(s["rows"], s["columns"]))


@operation("normalize.l2Backward")
def l2_backward(inputs, s):
    dy, y = inputs.floats(s["rows"], s["columns"]), inputs.floats(s["rows"], s["columns"])
    return inputs.both("norm's gradient", unit_gradient, dy, y, inputs.positive(s["rows"]))


@operation("normalize.softmax")
def softmax(inputs, s):
    x = inputs.floats(s["rows"], s["columns"])
    return [("torch.softmax", lambda: torch.softmax(x, -1))]


@operation("normalize.softmaxBackward")
def softmax_backward(inputs, s):
    dy, y = inputs.floats(s["rows"], s["columns"]), inputs.positive(s["rows"], s["columns"])

    def call():
        return torch.ops.aten._softmax_backward_data(dy, y, -1, torch.float32)

    return [("_softmax_backward_data", call)]


# --- parameters


@operation("adamW.step")
def adamw(inputs, s):
    parameters = [torch.nn.Parameter(inputs.floats(*dims)) for dims in s["shapes"]]
    for p in parameters:
        p.grad = torch.randn_like(p)
    ways = []
    settings = {"lr": 1e-5, "betas": (0.9, 0.98), "eps": 1e-6, "weight_decay": 0.1}
    kinds = {"fused": {"fused": True}} if inputs.device == "cuda" else {}
    kinds["foreach"] = {"foreach": True}
    for name, kind in kinds.items():
        optimizer = torch.optim.AdamW(parameters, **settings, **kind)
        ways.append(("AdamW %s, no bf16 copies" % name, optimizer.step, False))
    return ways


def compose(u, magnitude, type):
    norm = u.norm(dim=1)
    return (u * (magnitude / (norm + 1e-8))[:, None]).to(type), norm


def compose_gradient(dw, u, magnitude, norm):
    q = norm + 1e-8
    g = (dw * u).sum(1)
    du = magnitude[:, None] * (dw / q[:, None] - u * (g / (norm * q * q))[:, None])
    return g / q, du


@operation("dora.compose")
def dora_compose(inputs, s):
    u, magnitude = inputs.floats(s["rows"], s["columns"]), inputs.positive(s["rows"])
    return inputs.both("norm, scale", compose, u, magnitude, inputs.type)


@operation("dora.composeBackward")
def dora_backward(inputs, s):
    dw, u = inputs.floats(s["rows"], s["columns"]), inputs.floats(s["rows"], s["columns"])
    magnitude, norm = inputs.positive(s["rows"]), inputs.positive(s["rows"])
    return inputs.both("its gradient", compose_gradient, dw, u, magnitude, norm)


@operation("philox.uniform")
def uniform(inputs, s):
    x = inputs.floats(s["elements"])
    return [("uniform_", lambda: x.uniform_(-1, 1))]


@operation("philox.normal")
def normal(inputs, s):
    x = inputs.floats(s["elements"])
    return [("normal_", lambda: x.normal_())]


@operation("elementwise.fill")
def fill(inputs, s):
    x = inputs.floats(s["elements"])
    return [("fill_", lambda: x.fill_(0.5))]


@operation("elementwise.copy")
def copy(inputs, s):
    x, y = inputs.floats(s["elements"]), inputs.operand(s["elements"])
    return [("copy_", lambda: y.copy_(x))]


def axpby_in_place(x, y):
    return y.copy_(0.5 * x + 0.25 * y)


@operation("elementwise.axpby")
def axpby(inputs, s):
    x, y = inputs.operand(s["elements"]), inputs.operand(s["elements"])
    return inputs.both("a x + b y", axpby_in_place, x, y)


@operation("elementwise.add")
def add(inputs, s):
    x, y, z = (inputs.operand(s["elements"]) for _ in range(3))
    return [("torch.add", lambda: torch.add(x, y, out=z))]


# --- embeddings


@operation("patch convolution")
def convolution(inputs, s):
    pixels = inputs.operand(s["batch"], 3, s["side"], s["side"])
    weight = inputs.operand(s["width"], 3, s["patch"], s["patch"])
    return [("F.conv2d", lambda: F.conv2d(pixels, weight, stride=s["patch"]))]


def cut(pixels, p, type):
    batch, channels, side, _ = pixels.shape
    n = side // p
    patches = pixels.view(batch, channels, n, p, n, p).permute(0, 2, 4, 1, 3, 5)
    return patches.to(type).reshape(batch * n * n, channels * p * p)


def join(columns, batch, p, side):
    n = side // p
    patches = columns.view(batch, n, n, 3, p, p).permute(0, 3, 1, 4, 2, 5)
    return patches.float().reshape(batch, 3, side, side)


@operation("embedding.patches")
def patches(inputs, s):
    pixels = inputs.floats(s["batch"], 3, s["side"], s["side"])
    return inputs.both("permute, copy", cut, pixels, s["patch"], inputs.type)


@operation("embedding.patchesBackward")
def patches_backward(inputs, s):
    n = s["side"] // s["patch"]
    columns = inputs.operand(s["batch"] * n * n, 3 * s["patch"] ** 2)
    return inputs.both("permute, copy", join, columns, s["batch"], s["patch"], s["side"])


def add_positions(x, class_token, positions):
    x[:, 0] = class_token
    return x.add_(positions)


@operation("embedding.addPositions")
def positions(inputs, s):
    x = inputs.floats(s["batch"], s["tokens"], s["width"])
    token, table = inputs.floats(s["width"]), inputs.floats(s["tokens"], s["width"])
    return inputs.both("add_", add_positions, x, token, table)


def position_sums(dx, dtoken, dpositions):
    sums = dx.sum(0)
    return dpositions.add_(sums), dtoken.add_(sums[0])


@operation("embedding.addPositionsBackward")
def positions_backward(inputs, s):
    dx = inputs.floats(s["batch"], s["tokens"], s["width"])
    dtoken, dtable = inputs.floats(s["width"]), inputs.floats(s["tokens"], s["width"])
    return inputs.both("sum", position_sums, dx, dtoken, dtable)


def embed(ids, table, positions):
    return F.embedding(ids, table) + positions


@operation("embedding.tokens")
def tokens(inputs, s):
    ids = inputs.indices(s["vocabulary"], s["texts"], s["tokens"])
    table = inputs.floats(s["vocabulary"], s["width"])
    return inputs.both("F.embedding, add", embed, ids, table, inputs.floats(s["tokens"], s["width"]))


@operation("embedding.tokensBackward")
def tokens_backward(inputs, s):
    ids = inputs.indices(s["vocabulary"], s["texts"] * s["tokens"])
    dx = inputs.floats(s["texts"], s["tokens"], s["width"])
    dtable = inputs.floats(s["vocabulary"], s["width"])
    dpositions = inputs.floats(s["tokens"], s["width"])

    def call():
        dtable.index_add_(0, ids, dx.view(-1, s["width"]))
        dpositions.add_(dx.sum(0))

    return [("index_add_ with atomics, sum", call)]


@operation("embedding.gatherRows")
def gather(inputs, s):
    x = inputs.floats(s["of"], s["width"])
    index = torch.arange(s["rows"], device=inputs.device) * (s["of"] // s["rows"])
    return [("index_select", lambda: x.index_select(0, index))]


@operation("embedding.scatterAddRows")
def scatter(inputs, s):
    dx, dy = inputs.floats(s["of"], s["width"]), inputs.floats(s["rows"], s["width"])
    index = torch.arange(s["rows"], device=inputs.device) * (s["of"] // s["rows"])
    return [("index_add_ with atomics", lambda: dx.index_add_(0, index, dy))]


# --- losses and sums


def scaled(cosine, scale):
    return scale.exp() * cosine


def scaled_gradient(dlogits, logits, scale):
    return scale.exp() * dlogits, (dlogits * logits).sum()


def symmetric_loss(logits, labels):
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2


def symmetric_gradient(logits, rows, columns):
    n = logits.shape[0]
    both = (logits - rows[:, None]).exp() + (logits - columns[None, :]).exp()
    return (both - 2 * torch.eye(n, device=logits.device)) / (2 * n)


@operation("contrastive.logits")
def logits(inputs, s):
    return inputs.both("exp, mul", scaled, inputs.floats(s["rows"], s["columns"]), inputs.positive(1))


@operation("contrastive.logitsBackward")
def logits_backward(inputs, s):
    a, b = inputs.floats(s["rows"], s["columns"]), inputs.floats(s["rows"], s["columns"])
    return inputs.both("mul, sum", scaled_gradient, a, b, inputs.positive(1))


@operation("contrastive.loss")
def loss(inputs, s):
    labels = torch.arange(s["rows"], device=inputs.device)
    x = inputs.floats(s["rows"], s["columns"])
    return inputs.both("2 F.cross_entropy", symmetric_loss, x, labels)


@operation("contrastive.lossBackward")
def loss_backward(inputs, s):
    x = inputs.floats(s["rows"], s["columns"])
    rows, columns = inputs.positive(s["rows"]), inputs.positive(s["columns"])
    return inputs.both("its gradient", symmetric_gradient, x, rows, columns)


@operation("reduce.columnSums")
def column_sums(inputs, s):
    x = inputs.operand(s["rows"], s["columns"])
    return [("sum(0)", lambda: x.sum(0, dtype=torch.float32))]


def squared_error(prediction, target):
    difference = prediction - target
    return difference.square().mean(), 2 * difference / difference.numel()


@operation("reduce.meanSquaredError")
def mean_squared_error(inputs, s):
    a, b = inputs.floats(s["rows"], s["columns"]), inputs.floats(s["rows"], s["columns"])
    return inputs.both("loss and gradient", squared_error, a, b)


@operation("reduce.sum")
def total(inputs, s):
    x = inputs.floats(s["elements"])
    return [("sum().item()", lambda: x.sum().item(), False)]


@operation("reduce.squaredNorm")
def squared_norm(inputs, s):
    tensors = [inputs.floats(*dims) for dims in s["shapes"]]

    def call():
        return torch.stack(torch._foreach_norm(tensors)).norm().item()

    return [("_foreach_norm.item()", call, False)]


@operation("reduce.firstNonFinite")
def first_non_finite(inputs, s):
    tensors = [inputs.floats(*dims) for dims in s["shapes"]]

    def call():
        norms = torch.stack(torch._foreach_norm(tensors))
        return norms.isfinite().all().item()

    return [("_foreach_norm, isfinite.item()", call, False)]


# --- the MEG head


def windowed(w, window):
    """The mean of the rows within the window that exist."""
    times = w.shape[0]
    near = torch.arange(times, device=w.device)
    inside = ((near[:, None] - near[None]).abs() <= window).to(w)
    return inside @ w / inside.sum(1, keepdim=True)


def mixing(weights, window):
    w = windowed(weights, window)
    low = w.amin(1, keepdim=True)
    v = (w - low) / (w.amax(1, keepdim=True) - low + 1e-10)
    return F.relu(v / (v.sum(1, keepdim=True) + 1e-10))


def reweighted(mixing, features, richness):
    product = mixing @ features.flatten(1)
    return F.relu(richness[:, None, None] * product.view(-1, *features.shape[1:]))


def reweighted_gradient(mixing, features, richness, raw, draw):
    g = (draw * (raw > 0) * richness[:, None, None]).flatten(1)
    return (g @ features.flatten(1).t()) * (mixing > 0), mixing.t() @ g


def injected(raw, beta, level):
    noise = level[:, None, None] * torch.randn_like(raw) * raw.std(1, keepdim=True)
    floor = torch.rand_like(raw) * 1e-5 + 1e-6
    return F.relu(beta[:, None, None] * (raw + noise)) + floor


def correlations(x, rows, columns):
    centred = x - x.mean(2, keepdim=True)
    unit = F.normalize(centred, dim=2)
    return 1 - (unit @ unit.transpose(1, 2))[:, rows, columns]


def pearson_loss(x, y):
    x, y = x - x.mean(), y - y.mean()
    return 1 - (x * y).sum() / (x.square().sum() * y.square().sum()).sqrt()


def generalisation(x):
    z = (x - x.mean(1, keepdim=True)) / x.std(1, unbiased=False, keepdim=True)
    return (z @ z.t() / (x.shape[1] - 1)).mean(1)


def rdm_losses(x, y):
    parts = (pearson_loss(x, y), (x - y).square().mean())
    return torch.stack(parts + (pearson_loss(generalisation(x), generalisation(y)),))


def gradients_of(name, output, leaves, dout):
    """Autograd's backward pass of what a forward pass left; it cannot be captured."""
    return [
        (
            name + ", autograd",
            lambda: torch.autograd.grad(output, leaves, dout, retain_graph=True),
            False,
        )
    ]


def upper_triangle(inputs, batch):
    return torch.triu_indices(batch, batch, 1, device=inputs.device)


@operation("reweighting.mixing")
def meg_mixing(inputs, s):
    weights = inputs.floats(s["times"], s["blocks"])
    return inputs.both("window, scale", mixing, weights, s["window"])


@operation("reweighting.mixingBackward")
def meg_mixing_backward(inputs, s):
    weights = inputs.floats(s["times"], s["blocks"]).requires_grad_()
    output = mixing(weights, s["window"])
    return gradients_of("mixing", output, [weights], torch.randn_like(output))


@operation("reweighting.reweight")
def meg_reweight(inputs, s):
    weights = inputs.positive(s["times"], s["blocks"])
    features = inputs.floats(s["blocks"], s["batch"], s["columns"])
    return inputs.both("mm, relu", reweighted, weights, features, inputs.positive(s["times"]))


@operation("reweighting.reweightBackward")
def meg_reweight_backward(inputs, s):
    weights = inputs.positive(s["times"], s["blocks"])
    features = inputs.floats(s["blocks"], s["batch"], s["columns"])
    richness = inputs.positive(s["times"])
    raw = reweighted(weights, features, richness)
    draw = inputs.floats(*raw.shape)
    return inputs.both("two mm", reweighted_gradient, weights, features, richness, raw, draw)


@operation("reweighting.inject")
def meg_inject(inputs, s):
    raw = inputs.positive(s["times"], s["batch"], s["columns"])
    beta, level = inputs.positive(s["times"]), inputs.positive(s["times"])
    return inputs.both("randn_like, std, rand_like", injected, raw, beta, level)


@operation("reweighting.injectBackward")
def meg_inject_backward(inputs, s):
    raw = inputs.positive(s["times"], s["batch"], s["columns"]).requires_grad_()
    output = injected(raw, inputs.positive(s["times"]), inputs.positive(s["times"]))
    return gradients_of("kept noise", output, [raw], torch.randn_like(output))


@operation("rdm.correlation")
def meg_correlation(inputs, s):
    x = inputs.floats(s["times"], s["batch"], s["columns"])
    rows, columns = upper_triangle(inputs, s["batch"])
    return inputs.both("normalize, bmm, triangle", correlations, x, rows, columns)


@operation("rdm.correlationBackward")
def meg_correlation_backward(inputs, s):
    x = inputs.floats(s["times"], s["batch"], s["columns"]).requires_grad_()
    output = correlations(x, *upper_triangle(inputs, s["batch"]))
    return gradients_of("normalize, bmm, triangle", output, [x], torch.randn_like(output))


@operation("rdm.loss")
def meg_loss(inputs, s):
    x, y = inputs.positive(s["times"], s["pairs"]), inputs.positive(s["times"], s["pairs"])
    return inputs.both("three losses", rdm_losses, x, y)


@operation("rdm.lossBackward")
def meg_loss_backward(inputs, s):
    x = inputs.positive(s["times"], s["pairs"]).requires_grad_()
    output = rdm_losses(x, inputs.positive(s["times"], s["pairs"]))
    return gradients_of("three losses", output, [x], torch.randn_like(output))
