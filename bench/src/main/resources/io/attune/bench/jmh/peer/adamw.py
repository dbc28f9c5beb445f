# The fused step of torch.optim.AdamW(fused=True). Lists must come from outside: written to one made here, the
# compiler takes the whole call for dead.

def step(self: __torch__.Peer, p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], largest: List[Tensor], steps: List[Tensor]) -> None:
  _0 = torch.add_(steps[0], 1)
  torch._fused_adamw_(p, g, m, v, largest, steps, lr=0.001, beta1=0.90000000000000002, beta2=0.999, weight_decay=0.20000000000000001, eps=1e-08, amsgrad=False, maximize=False)
  return None
