# Returns y, mean and rstd; native_layer_norm's form with given memory computes elsewhere and copies.

def forward(self: __torch__.Peer, x: Tensor, gamma: Tensor, beta: Tensor) -> List[Tensor]:
  y, mean, rstd, = torch.native_layer_norm(x, [torch.size(x, 1)], gamma, beta, 1.0000000000000001e-05)
  return [y, mean, rstd]

def add_forward(self: __torch__.Peer, x: Tensor, branch: Tensor, gamma: Tensor, beta: Tensor, sum: Tensor) -> List[Tensor]:
  _0 = torch.add(x, branch, alpha=1, out=sum)
  y, mean, rstd, = torch.native_layer_norm(sum, [torch.size(x, 1)], gamma, beta, 1.0000000000000001e-05)
  return [y, mean, rstd, sum]

def backward(self: __torch__.Peer, dy: Tensor, x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, rstd: Tensor) -> List[Tensor]:
  dx, dgamma, dbeta, = torch.native_layer_norm_backward(dy, x, [torch.size(x, 1)], mean, rstd, gamma, beta, [True, True, True])
  return [dx, dgamma, dbeta]
