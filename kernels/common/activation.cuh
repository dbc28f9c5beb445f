// CLIP's two activations and their derivatives.
#pragma once
#include "platform.cuh"

// 1/(1 + exp(-1.702 x)); exp overflows to infinity where the result is 0.
DEVICE float quick_sigmoid(float x) { return 1.0f / (1.0f + expf(-1.702f * x)); }

// QuickGELU: x sigmoid(1.702 x).
DEVICE float quick_gelu(float x) { return x * quick_sigmoid(x); }

DEVICE float quick_gelu_slope(float x) {
  float s = quick_sigmoid(x);
  return s * (1.0f + 1.702f * x * (1.0f - s));
}

// The normal distribution function; erfc keeps the small values of the left tail exact.
DEVICE float normal_cdf(float x) { return 0.5f * erfcf(-0.70710678f * x); }

// GELU: x Phi(x).
DEVICE float gelu(float x) { return x * normal_cdf(x); }

DEVICE float gelu_slope(float x) {
  return normal_cdf(x) + x * (0.39894228f * expf(-0.5f * x * x));
}
