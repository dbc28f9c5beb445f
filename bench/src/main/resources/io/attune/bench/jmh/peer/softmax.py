# Softmax over rows, into given memory; 6 is the number of float32.

def forward(self: __torch__.Peer, x: Tensor, y: Tensor) -> Tensor:
  return torch._softmax(x, -1, False, out=y)

def backward(self: __torch__.Peer, dy: Tensor, y: Tensor, dx: Tensor) -> Tensor:
  return torch._softmax_backward_data(dy, y, -1, 6, grad_input=dx)
