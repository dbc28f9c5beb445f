// CLIP's two activations and their derivatives, for kernels bound by memory: a dozen instructions for
// QuickGELU, twenty for GELU, with the hardware's approximate exponential and reciprocal (2 ulp and 1
// ulp). Far out the exponential is 0 or infinite and the reciprocal 1 or 0: y is x or 0, the slope 1 or 0.
#pragma once
#include "platform.cuh"

// 1 / (1 + e^(-1.702 x)).
DEVICE float quick_sigmoid(float x) {
  return approximate_reciprocal(1.0f + approximate_exp2(-2.45546696f * x));  // 1.702 log2(e)
}

// QuickGELU: x sigmoid(1.702 x).
DEVICE float quick_gelu(float x) { return x * quick_sigmoid(x); }

DEVICE float quick_gelu_slope(float x) {
  float s = quick_sigmoid(x);
  return s * (1.702f * x * (1.0f - s) + 1.0f);
}

// e^(-x^2/2): the standard normal density times sqrt(2 pi).
DEVICE float normal_bell(float x) {
  return approximate_exp2(-0.721347520f * (x * x));  // log2(e) / 2
}

// Phi(-|x|), the tail of the normal distribution: bell G(t) with t = 1 / (1 + 0.35 |x|) and G the minimax
// polynomial of the CPU's CpuMath (3e-8 relative). Nothing cancels, so the left tail stays exact.
DEVICE float normal_tail(float x, float bell) {
  float t = approximate_reciprocal(0.35f * fabsf(x) + 1.0f);
  float g = -0.0287877918f;
  g = g * t + 0.142185897f;
  g = g * t - 0.251923174f;
  g = g * t + 0.154710472f;
  g = g * t - 0.0199306384f;
  g = g * t + 0.104109585f;
  g = g * t + 0.120202720f;
  g = g * t + 0.139808252f;
  g = g * t + 0.139624655f;
  return bell * (t * g);
}

// GELU: x Phi(x), which is x Phi(-|x|) left of 0 and x - x Phi(-|x|) right of it. Beyond 15, where the
// tail is 0, the factor stays at 15: infinity times 0 would be NaN, where infinity is right.
DEVICE float gelu(float x) {
  float tail = normal_tail(x, normal_bell(x));
  return x > 0.0f ? x - fminf(x, 15.0f) * tail : x * tail;
}

// Phi(x) + x phi(x).
DEVICE float gelu_slope(float x) {
  float bell = normal_bell(x);
  float tail = normal_tail(x, bell);
  return (x < 0.0f ? tail : 1.0f - tail) + x * (0.398942280f * bell);
}
