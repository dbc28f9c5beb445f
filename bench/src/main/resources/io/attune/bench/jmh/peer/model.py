# CLIP's image tower. w: class token, patch kernels, positions, pre-LayerNorm (2); for each block LayerNorm (2),
# packed q, k, v (2), output projection (2), LayerNorm (2), fc1 (2), fc2 (2); post-LayerNorm (2), projection.
# Heads have 64 columns.

def normalize(self: __torch__.Peer, x: Tensor, w: List[Tensor], at: int) -> Tensor:
  return torch.layer_norm(x, [torch.size(x, -1)], w[at], w[at + 1], 1.0000000000000001e-05)

def attend(self: __torch__.Peer, x: Tensor, w: List[Tensor], at: int) -> Tensor:
  batch, tokens, width, = torch.size(x, 0), torch.size(x, 1), torch.size(x, 2)
  qkv = torch.reshape(torch.linear(x, w[at], w[at + 1]), [batch, tokens, 3, width // 64, 64])
  heads = torch.permute(qkv, [2, 0, 3, 1, 4])
  y = torch.scaled_dot_product_attention(torch.select(heads, 0, 0), torch.select(heads, 0, 1), torch.select(heads, 0, 2))
  merged = torch.reshape(torch.transpose(y, 1, 2), [batch, tokens, width])
  return torch.linear(merged, w[at + 2], w[at + 3])

def transform(self: __torch__.Peer, x: Tensor, w: List[Tensor], at: int) -> Tensor:
  hidden = torch.linear(x, w[at], w[at + 1])
  active = torch.mul(hidden, torch.sigmoid(torch.mul(hidden, 1.702)))
  return torch.linear(active, w[at + 2], w[at + 3])

def embed(self: __torch__.Peer, pixels: Tensor, w: List[Tensor]) -> Tensor:
  patch = torch.size(w[1], 2)
  columns = torch.conv2d(pixels, w[1], None, [patch, patch])
  patches = torch.transpose(torch.flatten(columns, 2), 1, 2)
  token = torch.expand(w[0], [torch.size(pixels, 0), 1, -1])
  return torch.add(torch.cat([token, patches], 1), w[2])

def forward(self: __torch__.Peer, pixels: Tensor, w: List[Tensor]) -> Tensor:
  x = (self).normalize((self).embed(pixels, w, ), w, 3, )
  for block in range((torch.len(w) - 8) // 12):
    at = 5 + 12 * block
    x = torch.add(x, (self).attend((self).normalize(x, w, at, ), w, at + 2, ))
    x = torch.add(x, (self).transform((self).normalize(x, w, at + 6, ), w, at + 8, ))
  end = torch.len(w) - 3
  pooled = (self).normalize(torch.select(x, 1, 0), w, end, )
  return torch.linear(pooled, w[end + 2])

# A whole step: the mean squared error to a target, all gradients, AdamW.
def train(self: __torch__.Peer, pixels: Tensor, target: Tensor, w: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor]) -> List[Tensor]:
  p = annotate(List[Tensor], [])
  g = annotate(List[Tensor], [])
  for i in range(torch.len(w)):
    _0 = torch.append(p, torch.requires_grad_(torch.detach(w[i])))
  loss = torch.mse_loss((self).forward(pixels, p, ), target)
  found = torch.grad([loss], p)
  for j in range(torch.len(found)):
    _1 = torch.append(g, unchecked_cast(Tensor, found[j]))
  torch._foreach_add_(steps, 1)
  torch._fused_adamw_(w, g, m, v, annotate(List[Tensor], []), steps, lr=1.0000000000000001e-05, beta1=0.90000000000000002, beta2=0.999, weight_decay=0.01, eps=1e-08, amsgrad=False, maximize=False)
  return [torch.detach(loss)]
