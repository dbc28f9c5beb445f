# CLIP's loss: the mean of the cross-entropies of rows and of columns against the diagonal, and its gradient.

def loss(self: __torch__.Peer, logits: Tensor, target: Tensor) -> List[Tensor]:
  rows = torch.log_softmax(logits, 1)
  columns = torch.log_softmax(torch.t(logits), 1)
  of_rows, weight, = torch.nll_loss_forward(rows, target, None, 1, -100)
  of_columns, weight, = torch.nll_loss_forward(columns, target, None, 1, -100)
  half = torch.mul(torch.ones_like(of_rows), 0.5)
  drows = torch._log_softmax_backward_data(torch.nll_loss_backward(half, rows, target, None, 1, -100, weight), rows, 1, 6)
  dcolumns = torch._log_softmax_backward_data(torch.nll_loss_backward(half, columns, target, None, 1, -100, weight), columns, 1, 6)
  return [torch.mul(torch.add(of_rows, of_columns), 0.5), torch.add(drows, torch.t(dcolumns))]
