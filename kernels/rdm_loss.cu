// The three losses between RDMs over time, X the model's and Y the target's, RdmOps.loss, and their gradient.
//
//   1 - Pearson(X, Y) over all T P values; mean of (X - Y)^2; 1 - Pearson(g(X), g(Y)) with
//   g[t] = Z[t] . mean over times of Z / (P-1), where Z[t] = (X[t] - mean)/deviation
//
//   dX = weights[0] -(Yc/sqrt(Sxx Syy) - r Xc/Sxx) + weights[1] 2 (X - Y)/(T P)
//        + weights[2] (dZ - mean(dZ) - Z mean(dZ Z))/deviation
//   dZ[t] = (dg[t] m + n)/(P-1), with m = mean of Z, n = mean of dg[t] Z[t], dg as for Pearson's X
//
// X, Y, dX (T, P) without gaps, losses and weights (3), all float. The statistics, as the CPU lays them out:
//   8 a time   mean and deviation of X, of Y, g of each less the mean g: x, y, sx, sy, gx, gy, -, -
//   2 P        the row m of X; that of Y, then n
//   10         of X, Y and then of g: both means, Sxx, Sxy, Syy
// All sums are f64. Those that the last launch needs whole lie in scratch: 8 f64 a time: Sxx, Sxy, Syy, sum of
// squared errors, x, y, gx, gy.
//
// Launch: forward moments (a block a time), mean_row for X and Y (32 columns a block; warp w takes times w, w +
// 32, ..., then the warps' sums in their order), generalization (a block a time), totals (one block);
// backward mean_row (n), gradient (a block a time). 256 threads a block, 1024 for mean_row.
//
// Bytes that must move: 8 T P forward, 12 T P backward: with T = 281, P = 1225 2.8 MB and 4.1 MB, 1 us each at
// 4.3 TB/s. Each of the six launches reads X, and most Y, out of L2; six launches of 3 to 5 us are the cost.
#include "common/reduce.cuh"

constexpr int PER_TIME = 8;
constexpr int SUMS = 8;
constexpr int MEAN = 0;
constexpr int DEVIATION = 2;
constexpr int GENERALIZATION = 4;
constexpr int RDMS = 0;            // the first of five totals
constexpr int GENERALIZATIONS = 5;  // likewise
constexpr int TIMES_AT_ONCE = 32;

struct Statistics {
  float* times;   // PER_TIME each
  float* model;   // the row m of X
  float* second;  // the row of Y, or n
  float* totals;
};

DEVICE Statistics statistics_of(float* all, int times, long long pairs) {
  float* rows = all + static_cast<long long>(PER_TIME) * times;
  return Statistics{all, rows, rows + pairs, rows + 2 * pairs};
}

// What the gradient of 1 - r with respect to x has of the centred x.
DEVICE double pearson_own(const float* totals) {
  double xx = totals[2];
  double yy = totals[4];
  return totals[3] / sqrt(xx * yy) / xx;
}

// What it has of the centred y.
DEVICE double pearson_other(const float* totals) {
  return -1.0 / sqrt(static_cast<double>(totals[2]) * totals[4]);
}

// The gradient of a time's g.
DEVICE double generalization_gradient(const float* own, const float* totals, float weight) {
  const float* of = totals + GENERALIZATIONS;
  return weight * (pearson_own(of) * own[GENERALIZATION] + pearson_other(of) * own[GENERALIZATION + 1]);
}

KERNEL BLOCK_OF(256) rdm_loss_moments_f32(
    const float* model, const float* target, float* all, double* sums, long long pairs) {
  SHARED(double, partial, WARP);
  const float* xs = model + block() * pairs;
  const float* ys = target + block() * pairs;
  double x = 0.0;
  double y = 0.0;
  for (long long i = threadIdx.x; i < pairs; i += blockDim.x) {
    x += xs[i];
    y += ys[i];
  }
  x = block_sum(x, partial) / pairs;
  y = block_sum(y, partial) / pairs;
  double xx = 0.0;
  double xy = 0.0;
  double yy = 0.0;
  double errors = 0.0;
  for (long long i = threadIdx.x; i < pairs; i += blockDim.x) {
    double a = xs[i];
    double b = ys[i];
    xx += (a - x) * (a - x);
    xy += (a - x) * (b - y);
    yy += (b - y) * (b - y);
    errors += (a - b) * (a - b);
  }
  xx = block_sum(xx, partial);
  xy = block_sum(xy, partial);
  yy = block_sum(yy, partial);
  errors = block_sum(errors, partial);
  if (threadIdx.x == 0) {
    float* own = all + block() * PER_TIME;
    own[MEAN] = static_cast<float>(x);
    own[MEAN + 1] = static_cast<float>(y);
    own[DEVIATION] = static_cast<float>(sqrt(xx / pairs));
    own[DEVIATION + 1] = static_cast<float>(sqrt(yy / pairs));
    double* to = sums + block() * SUMS;
    to[0] = xx;
    to[1] = xy;
    to[2] = yy;
    to[3] = errors;
    to[4] = x;
    to[5] = y;
  }
}

// The mean over times of (rdm[t] - mean)/deviation into the row m of X or of Y (grid y), or, with weights,
// that of X weighted with dg into n.
KERNEL BLOCK_OF(1024) rdm_loss_mean_row_f32(
    const float* model, const float* target, float* all, const float* weights, int times,
    long long pairs) {
  SHARED(double, partial, TIMES_AT_ONCE * WARP);
  Statistics of = statistics_of(all, times, pairs);
  int which = blockIdx.y;
  const float* rdm = which == 0 ? model : target;
  long long column = block() * WARP + lane();
  double sum = 0.0;
  for (int time = warp(); time < times; time += TIMES_AT_ONCE) {
    const float* own = of.times + static_cast<long long>(time) * PER_TIME;
    double factor = 1.0 / (times * static_cast<double>(own[DEVIATION + which]));
    if (weights != nullptr) {
      factor *= generalization_gradient(own, of.totals, weights[2]);
    }
    if (column < pairs) {
      double value = rdm[time * pairs + column];
      sum += factor * (value - own[MEAN + which]);
    }
  }
  partial[warp() * WARP + lane()] = sum;
  block_barrier();
  if (warp() == 0 && column < pairs) {
    double total = 0.0;
    for (int w = 0; w < TIMES_AT_ONCE; w++) {
      total += partial[w * WARP + lane()];
    }
    float* to = which == 1 || weights != nullptr ? of.second : of.model;
    to[column] = static_cast<float>(total);
  }
}

KERNEL BLOCK_OF(256) rdm_loss_generalization_f32(
    const float* model, const float* target, float* all, double* sums, int times,
    long long pairs) {
  SHARED(double, partial, WARP);
  Statistics of = statistics_of(all, times, pairs);
  const float* own = of.times + block() * PER_TIME;
  const float* xs = model + block() * pairs;
  const float* ys = target + block() * pairs;
  double x = own[MEAN];
  double y = own[MEAN + 1];
  double gx = 0.0;
  double gy = 0.0;
  for (long long i = threadIdx.x; i < pairs; i += blockDim.x) {
    gx += (xs[i] - x) * of.model[i];
    gy += (ys[i] - y) * of.second[i];
  }
  gx = block_sum(gx, partial);
  gy = block_sum(gy, partial);
  if (threadIdx.x == 0) {
    sums[block() * SUMS + 6] = gx / own[DEVIATION] / (pairs - 1);
    sums[block() * SUMS + 7] = gy / own[DEVIATION + 1] / (pairs - 1);
  }
}

// Writes five totals; returns 1 - r.
DEVICE double keep(float* totals, double x, double y, double xx, double xy, double yy) {
  totals[0] = static_cast<float>(x);
  totals[1] = static_cast<float>(y);
  totals[2] = static_cast<float>(xx);
  totals[3] = static_cast<float>(xy);
  totals[4] = static_cast<float>(yy);
  return 1.0 - xy / sqrt(xx * yy);
}

KERNEL BLOCK_OF(256) rdm_loss_totals_f32(
    float* all, const double* sums, float* losses, int times, long long pairs) {
  SHARED(double, partial, WARP);
  Statistics of = statistics_of(all, times, pairs);
  double x = 0.0;
  double y = 0.0;
  double gx = 0.0;
  double gy = 0.0;
  double errors = 0.0;
  for (int time = threadIdx.x; time < times; time += blockDim.x) {
    const double* own = sums + static_cast<long long>(time) * SUMS;
    errors += own[3];
    x += own[4];
    y += own[5];
    gx += own[6];
    gy += own[7];
  }
  errors = block_sum(errors, partial);
  x = block_sum(x, partial) / times;
  y = block_sum(y, partial) / times;
  gx = block_sum(gx, partial) / times;
  gy = block_sum(gy, partial) / times;
  double xx = 0.0;
  double xy = 0.0;
  double yy = 0.0;
  double gxx = 0.0;
  double gxy = 0.0;
  double gyy = 0.0;
  for (int time = threadIdx.x; time < times; time += blockDim.x) {
    const double* own = sums + static_cast<long long>(time) * SUMS;
    double dx = own[4] - x;
    double dy = own[5] - y;
    xx += own[0] + pairs * dx * dx;
    xy += own[1] + pairs * dx * dy;
    yy += own[2] + pairs * dy * dy;
    dx = own[6] - gx;
    dy = own[7] - gy;
    float* kept = of.times + static_cast<long long>(time) * PER_TIME + GENERALIZATION;
    kept[0] = static_cast<float>(dx);  // all are close to their mean
    kept[1] = static_cast<float>(dy);
    gxx += dx * dx;
    gxy += dx * dy;
    gyy += dy * dy;
  }
  xx = block_sum(xx, partial);
  xy = block_sum(xy, partial);
  yy = block_sum(yy, partial);
  gxx = block_sum(gxx, partial);
  gxy = block_sum(gxy, partial);
  gyy = block_sum(gyy, partial);
  if (threadIdx.x == 0) {
    losses[0] = static_cast<float>(keep(of.totals + RDMS, x, y, xx, xy, yy));
    losses[1] = static_cast<float>(errors / (static_cast<double>(times) * pairs));
    losses[2] = static_cast<float>(keep(of.totals + GENERALIZATIONS, gx, gy, gxx, gxy, gyy));
  }
}

KERNEL BLOCK_OF(256) rdm_loss_gradient_f32(
    const float* model, const float* target, float* all, const float* weights, float* dmodel,
    int times, long long pairs) {
  SHARED(double, partial, WARP);
  Statistics of = statistics_of(all, times, pairs);
  const float* xs = model + block() * pairs;
  const float* ys = target + block() * pairs;
  float* to = dmodel + block() * pairs;
  const float* own = of.times + block() * PER_TIME;
  double x = own[MEAN];
  double y = own[MEAN + 1];
  double weighted = 0.0;
  for (long long i = threadIdx.x; i < pairs; i += blockDim.x) {
    weighted += (xs[i] - x) * of.second[i];
  }
  weighted = block_sum(weighted, partial);

  double dg = generalization_gradient(own, of.totals, weights[2]);
  double deviation = own[DEVIATION];
  double scale = 1.0 / (deviation * (pairs - 1));
  double g = static_cast<double>(of.totals[GENERALIZATIONS]) + own[GENERALIZATION];
  // The mean of dZ Z; that of dZ is 0, as Z's is.
  double along = (dg * (pairs - 1) * g + weighted / deviation) / pairs;
  double of_x = weights[0] * pearson_own(of.totals + RDMS);
  double of_y = weights[0] * pearson_other(of.totals + RDMS);
  double of_error = weights[1] * 2.0 / (static_cast<double>(times) * pairs);
  float a = static_cast<float>(of_x + of_error - scale * along / deviation);
  float b = static_cast<float>(of_y - of_error);
  float c = static_cast<float>(scale * dg);
  float d = static_cast<float>(scale);
  float constant = static_cast<float>(
      of_x * (x - of.totals[RDMS]) + of_y * (y - of.totals[RDMS + 1]) + of_error * (x - y));
  for (long long i = threadIdx.x; i < pairs; i += blockDim.x) {
    float xc = xs[i] - static_cast<float>(x);
    float yc = ys[i] - static_cast<float>(y);
    to[i] = a * xc + b * yc + (c * of.model[i] + d * of.second[i]) + constant;
  }
}
