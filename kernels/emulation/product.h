// Products of column-major matrices, as cuBLAS has them.
#pragma once

namespace emulation {

struct Matrix {
  void* data;
  bool bf16;          // else float
  long long leading;  // elements from one column to the next
};

// c = alpha op(a) op(b) + beta c + bias, c (m, n), with float sums; c is not read where beta is 0.
// bias: m elements of c's type, one for each row, or nullptr. tf32: floats of a and b are rounded to 10
// bits of fraction first, as tensor cores do where that is allowed.
void multiply(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const Matrix& a,
    const Matrix& b, float beta, const Matrix& c, const void* bias, bool tf32);

}  // namespace emulation
