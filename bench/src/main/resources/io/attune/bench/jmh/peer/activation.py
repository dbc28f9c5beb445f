# Into given memory. Quick GELU is x sigmoid(1.702 x), in the steps in which autograd would go through it.

def gelu(self: __torch__.Peer, x: Tensor, s: Tensor, y: Tensor) -> Tensor:
  return torch.gelu(x, approximate="none", out=y)

def gelu_backward(self: __torch__.Peer, x: Tensor, s: Tensor, dy: Tensor, dx: Tensor, u: Tensor) -> Tensor:
  return torch.gelu_backward(dy, x, approximate="none", grad_input=dx)

def quick_gelu(self: __torch__.Peer, x: Tensor, s: Tensor, y: Tensor) -> Tensor:
  _0 = torch.sigmoid(torch.mul(x, 1.702), out=s)
  return torch.mul(x, s, out=y)

def quick_gelu_backward(self: __torch__.Peer, x: Tensor, s: Tensor, dy: Tensor, dx: Tensor, u: Tensor) -> Tensor:
  _0 = torch.mul(dy, x, out=u)
  _1 = torch.sigmoid_backward(u, s, grad_input=u)
  _2 = torch.mul(dy, s, out=dx)
  return torch.add_(dx, u, alpha=1.702)
