# qkv is [B, T, 3, H, d], as a packed projection leaves it; results are [B, T, H, d].

def heads(self: __torch__.Peer, qkv: Tensor, which: int) -> Tensor:
  return torch.transpose(torch.select(qkv, 2, which), 1, 2)

def attend(self: __torch__.Peer, qkv: Tensor, causal: bool) -> List[Tensor]:
  q, k, v, = (self).heads(qkv, 0, ), (self).heads(qkv, 1, ), (self).heads(qkv, 2, )
  out, lse, = torch._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0., causal)
  return [torch.transpose(out, 1, 2), lse]

def forward(self: __torch__.Peer, qkv: Tensor) -> List[Tensor]:
  return (self).attend(qkv, False, )

def forward_causal(self: __torch__.Peer, qkv: Tensor) -> List[Tensor]:
  return (self).attend(qkv, True, )

def differentiate(self: __torch__.Peer, dout: Tensor, qkv: Tensor, out: Tensor, lse: Tensor, causal: bool) -> List[Tensor]:
  q, k, v, = (self).heads(qkv, 0, ), (self).heads(qkv, 1, ), (self).heads(qkv, 2, )
  dq, dk, dv, = torch._scaled_dot_product_flash_attention_for_cpu_backward(torch.transpose(dout, 1, 2), q, k, v, torch.transpose(out, 1, 2), lse, 0., causal)
  return [torch.transpose(dq, 1, 2), torch.transpose(dk, 1, 2), torch.transpose(dv, 1, 2)]

def backward(self: __torch__.Peer, dout: Tensor, qkv: Tensor, out: Tensor, lse: Tensor) -> List[Tensor]:
  return (self).differentiate(dout, qkv, out, lse, False, )

def backward_causal(self: __torch__.Peer, dout: Tensor, qkv: Tensor, out: Tensor, lse: Tensor) -> List[Tensor]:
  return (self).differentiate(dout, qkv, out, lse, True, )
