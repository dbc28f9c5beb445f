# Stage A of the MEG models: layer weights train, features of every block are known. Gradients by autograd.
# weights [T, L]; window [T, T], which averages over neighbouring times; features [L, B, K]; courses [3, T]: richness,
# generalisation, noise level; target [T, P]; pairs [P], where they are in a matrix of B x B; scales [3], of the losses.

def mixing(self: __torch__.Peer, weights: Tensor, window: Tensor) -> Tensor:
  x = torch.matmul(window, weights)
  least, where, = torch.min(x, 1, True)
  most, where, = torch.max(x, 1, True)
  v = torch.div(torch.sub(x, least), torch.add(torch.sub(most, least), 1e-10))
  return torch.relu(torch.div(v, torch.add(torch.sum(v, [1], True), 1e-10)))

def rdms(self: __torch__.Peer, e: Tensor, pairs: Tensor) -> Tensor:
  centred = torch.sub(e, torch.mean(e, [2], True))
  unit = torch.div(centred, torch.norm(centred, 2, [2], True))
  similar = torch.flatten(torch.bmm(unit, torch.transpose(unit, 1, 2)), 1)
  return torch.rsub(torch.index_select(similar, 1, pairs), 1)

def apart(self: __torch__.Peer, x: Tensor, y: Tensor) -> Tensor:
  a = torch.sub(x, torch.mean(x))
  b = torch.sub(y, torch.mean(y))
  both = torch.sqrt(torch.mul(torch.sum(torch.mul(a, a)), torch.sum(torch.mul(b, b))))
  return torch.rsub(torch.div(torch.sum(torch.mul(a, b)), both), 1)

# Row means of Z Z^T/(P-1), by way of the mean row of Z: as ours does it, T times less work than the product.
def generalization(self: __torch__.Peer, x: Tensor) -> Tensor:
  z = torch.div(torch.sub(x, torch.mean(x, [1], True)), torch.std(x, [1], False, True))
  return torch.div(torch.mv(z, torch.mean(z, [0])), torch.size(x, 1) - 1)

def step(self: __torch__.Peer, normal: Tensor, floor: Tensor, window: Tensor, features: Tensor, courses: Tensor, target: Tensor, pairs: Tensor, scales: Tensor, p: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor]) -> List[Tensor]:
  times, images, prompts = torch.size(target, 0), torch.size(features, 1), torch.size(features, 2)
  weights = torch.requires_grad_(torch.detach(p[0]))
  mixed = torch.matmul((self).mixing(weights, window, ), torch.flatten(features, 1))
  course = torch.reshape(courses, [3, times, 1, 1])
  raw = torch.relu(torch.mul(torch.reshape(mixed, [times, images, prompts]), course[0]))
  noise = torch.mul(torch.mul(torch.std(raw, [1], True, True), course[2]), normal)
  e = torch.add(torch.relu(torch.mul(torch.add(raw, noise), course[1])), floor)
  x = (self).rdms(e, pairs, )
  of_pairs = (self).apart(x, target, )
  squares = torch.mse_loss(x, target)
  of_times = (self).apart((self).generalization(x, ), (self).generalization(target, ), )
  losses = torch.stack([of_pairs, squares, of_times])
  found = torch.grad([torch.dot(losses, scales)], [weights])
  g = [unchecked_cast(Tensor, found[0])]
  torch._foreach_add_(steps, 1)
  torch._fused_adamw_(p, g, m, v, annotate(List[Tensor], []), steps, lr=0.0030000000000000001, beta1=0.90000000000000002, beta2=0.999, weight_decay=0.01, eps=1e-08, amsgrad=False, maximize=False)
  return [torch.detach(losses)]

# The same with noise drawn anew.
def drawn(self: __torch__.Peer, like: Tensor, window: Tensor, features: Tensor, courses: Tensor, target: Tensor, pairs: Tensor, scales: Tensor, p: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor]) -> List[Tensor]:
  floor = torch.add(torch.mul(torch.rand_like(like), 1.0000000000000001e-05), 9.9999999999999995e-07)
  return (self).step(torch.randn_like(like), floor, window, features, courses, target, pairs, scales, p, m, v, steps, )
