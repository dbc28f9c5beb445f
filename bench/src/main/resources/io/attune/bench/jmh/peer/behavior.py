# A step of the behaviour stage, on top of model.py: the paper's DoRA on the output projection of the last blocks, every
# image through the whole tower, gradients by autograd for what trains. w: the tower's weights as in model.py; directions:
# of each adapter the unit rows of its weight; p: of each adapter m, A [rank, out], B [in, rank].

def adapted(self: __torch__.Peer, direction: Tensor, p: List[Tensor], at: int, scale: Tensor) -> Tensor:
  u = torch.add(direction, torch.mul(torch.t(torch.matmul(p[at + 2], p[at + 1])), scale))
  length = torch.norm(u, 2, [1], True)
  return torch.mul(torch.unsqueeze(p[at], 1), torch.div(u, torch.add(length, 1e-08)))

def predict(self: __torch__.Peer, pixels: Tensor, texts: Tensor, scales: Tensor, w: List[Tensor], directions: List[Tensor], p: List[Tensor]) -> Tensor:
  weights = annotate(List[Tensor], [])
  blocks = (torch.len(w) - 8) // 12
  first = blocks - torch.len(directions)
  for i in range(torch.len(w)):
    _0 = torch.append(weights, w[i])
  for a in range(torch.len(directions)):
    _1 = torch._set_item(weights, 5 + 12 * (first + a) + 4, (self).adapted(directions[a], p, 3 * a, scales[1], ))
  images = (self).forward(pixels, weights, )
  unit = torch.div(images, torch.norm(images, 2, [1], True))
  prompts = torch.div(texts, torch.norm(texts, 2, [1], True))
  return torch.mul(torch.matmul(unit, torch.t(prompts)), torch.exp(scales[0]))

def step(self: __torch__.Peer, pixels: Tensor, texts: Tensor, targets: Tensor, scales: Tensor, w: List[Tensor], directions: List[Tensor], p: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor]) -> List[Tensor]:
  leaves = annotate(List[Tensor], [])
  g = annotate(List[Tensor], [])
  for i in range(torch.len(p)):
    _0 = torch.append(leaves, torch.requires_grad_(torch.detach(p[i])))
  y = (self).predict(pixels, texts, scales, w, directions, leaves, )
  found = torch.grad([torch.mse_loss(y, targets)], leaves)
  for j in range(torch.len(found)):
    _1 = torch.append(g, unchecked_cast(Tensor, found[j]))
  torch._foreach_add_(steps, 1)
  torch._fused_adamw_(p, g, m, v, annotate(List[Tensor], []), steps, lr=0.00029999999999999997, beta1=0.90000000000000002, beta2=0.999, weight_decay=0.01, eps=1e-08, amsgrad=False, maximize=False)
  return [torch.detach(y)]
