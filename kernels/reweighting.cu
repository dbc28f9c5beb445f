// How every time point mixes the outputs of all blocks, ReweightingOps (noise: injection.cu).
//
//   mixing     w = mean of rows t - window to t + window of weights that exist
//              v = (w - min)/(max - min + 1e-10)      p = ReLU(v/(sum v + 1e-10))
//              backward: each row of dweights gathers from the times whose windows hold it
//   forward    raw[t] = ReLU(richness[t] sum over j of mixing[t,j] features[j])
//   backward   g[t] = draw[t] where raw[t] > 0, else 0
//              dmixing[t,j] = richness[t] <g[t], features[j]>, 0 where mixing[t,j] = 0
//              dfeatures[j] = sum over t of richness[t] mixing[t,j] g[t]
//
// weights, mixing, dmixing, dweights (T, L); features, dfeatures (L, N); raw, draw (T, N); richness (T); N =
// B K, images times dimensions. All float and without gaps. dweights accumulates. Mixing and dmixing are
// summed in f64, as on the CPU; the other two sums are short (L and T terms) and float.
//
// Launch:
//   mixing, both ways   a warp a time, grid = T; shared memory 8 and 16 bytes a block of the model. Going
//                       back, a row computes the times of its window anew: window^2 L loads, 49 L in all.
//   forward             128 threads, a column each, for 8 times: grid = (N/128, T/8); shared 32 L bytes
//   backward_mixing     256 threads for 2 times and 8 blocks of the model: grid = (T/2, L/8)
//   backward_features   256 threads for 32 columns and 8 blocks of the model; warp w takes times w, w + 8,
//                       ..., then the warps' sums are added in their order: grid = (N/32, L/8)
//
// Bytes that must move: forward 4 (L N + T N), either backward 4 (L N + 2 T N). With T = 281, L = 24, N = 50
// x 66: 4.0 MB and 7.7 MB, 1 us and 2 us at 4.3 TB/s, in truth from L2, which still holds them. Operations:
// 45 MFLOP each, under 1 us. Products so thin (L = 24) are no work for a matrix library, and its result
// would have to be read again for the ReLU.
#include "common/reduce.cuh"
#include "common/vector.cuh"

constexpr double EPSILON = 1e-10;
constexpr int FORWARD_TIMES = 8;
constexpr int DOT_TIMES = 2;
constexpr int GROUP = 8;  // blocks of the model that a block of threads takes at once, and its warps

// NaN stays.
DEVICE float rectified(float x) { return x <= 0.0f ? 0.0f : x; }

// What a windowed row was normalised by; the entries are the first of their value.
struct Mixing {
  int smallest, largest;
  double range, sum;
};

DEVICE int window_first(int time, int window) { return time > window ? time - window : 0; }

DEVICE int window_last(int time, int window, int times) {
  return times - 1 - time > window ? time + window : times - 1;
}

// Takes another lane's extreme if it is further out, or as far and earlier. sign -1 seeks the largest.
DEVICE void keep_extreme(double& value, int& index, double sign) {
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    double other = shuffle_xor(value, mask);
    int at = shuffle_xor(index, mask);
    bool further = sign * other < sign * value || (other == value && at < index);
    if (at >= 0 && (index < 0 || further)) {
      value = other;
      index = at;
    }
  }
}

// Leaves v in row, by one warp; a lane writes and reads entries lane, lane + 32, ... only.
DEVICE Mixing mix(
    const float* weights, int times, int columns, int window, int time, double* row) {
  int first = window_first(time, window);
  int last = window_last(time, window, times);
  double least = 0.0;
  double most = 0.0;
  Mixing mixing = {-1, -1, 0.0, 0.0};
  for (int j = lane(); j < columns; j += WARP) {
    double mean = 0.0;
    for (int near = first; near <= last; near++) {
      mean += weights[static_cast<long long>(near) * columns + j];
    }
    mean /= last - first + 1;
    row[j] = mean;
    if (mixing.smallest < 0 || mean < least) {
      least = mean;
      mixing.smallest = j;
    }
    if (mixing.largest < 0 || mean > most) {
      most = mean;
      mixing.largest = j;
    }
  }
  keep_extreme(least, mixing.smallest, 1.0);
  keep_extreme(most, mixing.largest, -1.0);
  mixing.range = most - least + EPSILON;
  for (int j = lane(); j < columns; j += WARP) {
    row[j] = (row[j] - least) / mixing.range;
    mixing.sum += row[j];
  }
  mixing.sum = warp_sum(mixing.sum);
  return mixing;
}

KERNEL BLOCK_OF(32) reweighting_mixing_f32(
    const float* weights, int times, int columns, int window, float* mixing) {
  SHARED_DYNAMIC(double, row);
  Mixing of = mix(weights, times, columns, window, blockIdx.x, row);
  for (int j = lane(); j < columns; j += WARP) {
    mixing[block() * columns + j] = rectified(static_cast<float>(row[j] / (of.sum + EPSILON)));
  }
}

KERNEL BLOCK_OF(32) reweighting_mixing_backward_f32(
    const float* weights, int times, int columns, int window, const float* mixing,
    const float* dmixing, float* dweights) {
  SHARED_DYNAMIC(double, row);
  double* total = row + columns;
  for (int j = lane(); j < columns; j += WARP) {
    total[j] = 0.0;
  }
  int own = blockIdx.x;
  int last = window_last(own, window, times);
  for (int time = window_first(own, window); time <= last; time++) {
    Mixing of = mix(weights, times, columns, window, time, row);
    int count = window_last(time, window, times) - window_first(time, window) + 1;
    const float* p = mixing + static_cast<long long>(time) * columns;
    const float* dp = dmixing + static_cast<long long>(time) * columns;
    double scale = of.sum + EPSILON;
    double common = 0.0;
    for (int j = lane(); j < columns; j += WARP) {
      common += p[j] > 0.0f ? dp[j] * row[j] / scale : 0.0;
    }
    common = warp_sum(common);
    double at_smallest = 0.0;
    double at_largest = 0.0;
    for (int j = lane(); j < columns; j += WARP) {
      double dw = ((p[j] > 0.0f ? dp[j] : 0.0) - common) / scale / of.range;
      total[j] += dw / count;
      at_smallest -= dw * (1.0 - row[j]);
      at_largest -= dw * row[j];
    }
    at_smallest = warp_sum(at_smallest) / count;
    at_largest = warp_sum(at_largest) / count;
    if (lane() == of.smallest % WARP) {
      total[of.smallest] += at_smallest;
    }
    if (lane() == of.largest % WARP) {
      total[of.largest] += at_largest;
    }
  }
  for (int j = lane(); j < columns; j += WARP) {
    dweights[block() * columns + j] += static_cast<float>(total[j]);
  }
}

KERNEL BLOCK_OF(128) reweighting_forward_f32(
    const float* mixing, const float* features, const float* richness, float* raw, int times,
    int blocks, int width) {
  SHARED_DYNAMIC(float, factors);  // FORWARD_TIMES of each block of the model
  int first = blockIdx.y * FORWARD_TIMES;
  for (int i = threadIdx.x; i < FORWARD_TIMES * blocks; i += blockDim.x) {
    int time = first + i % FORWARD_TIMES;
    long long at = static_cast<long long>(time) * blocks + i / FORWARD_TIMES;
    factors[i] = time < times ? richness[time] * mixing[at] : 0.0f;
  }
  block_barrier();
  long long column = block() * blockDim.x + threadIdx.x;
  if (column < width) {
    float sums[FORWARD_TIMES] = {};
    const float* feature = features + column;
#pragma unroll 4
    for (int j = 0; j < blocks; j++) {
      float value = feature[static_cast<long long>(j) * width];
      Float4 low = load4(factors + FORWARD_TIMES * j);
      Float4 high = load4(factors + FORWARD_TIMES * j + 4);
      sums[0] += low.x * value;
      sums[1] += low.y * value;
      sums[2] += low.z * value;
      sums[3] += low.w * value;
      sums[4] += high.x * value;
      sums[5] += high.y * value;
      sums[6] += high.z * value;
      sums[7] += high.w * value;
    }
#pragma unroll
    for (int i = 0; i < FORWARD_TIMES; i++) {
      if (first + i < times) {
        raw[static_cast<long long>(first + i) * width + column] = rectified(sums[i]);
      }
    }
  }
}

KERNEL BLOCK_OF(256) reweighting_backward_mixing_f32(
    const float* mixing, const float* features, const float* richness, const float* raw,
    const float* draw, float* dmixing, int times, int blocks, int width) {
  SHARED(double, partial, GROUP * DOT_TIMES * GROUP);  // of each warp, in the order of sums
  int first = blockIdx.x * DOT_TIMES;
  int first_block = blockIdx.y * GROUP;
  double sums[DOT_TIMES * GROUP] = {};
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    double g[DOT_TIMES];
#pragma unroll
    for (int t = 0; t < DOT_TIMES; t++) {
      long long at = static_cast<long long>(first + t) * width + i;
      g[t] = first + t < times && raw[at] > 0.0f ? draw[at] : 0.0f;
    }
#pragma unroll
    for (int j = 0; j < GROUP; j++) {
      long long from = static_cast<long long>(first_block + j) * width;
      double feature = first_block + j < blocks ? features[from + i] : 0.0f;
#pragma unroll
      for (int t = 0; t < DOT_TIMES; t++) {
        sums[t * GROUP + j] += g[t] * feature;
      }
    }
  }
#pragma unroll
  for (int n = 0; n < DOT_TIMES * GROUP; n++) {
    double sum = warp_sum(sums[n]);
    if (lane() == 0) {
      partial[warp() * DOT_TIMES * GROUP + n] = sum;
    }
  }
  block_barrier();
  int time = first + threadIdx.x / GROUP;
  int own = first_block + threadIdx.x % GROUP;
  if (threadIdx.x < DOT_TIMES * GROUP && time < times && own < blocks) {
    double sum = 0.0;
    for (int w = 0; w < warps(); w++) {
      sum += partial[w * DOT_TIMES * GROUP + threadIdx.x];
    }
    long long at = static_cast<long long>(time) * blocks + own;
    dmixing[at] = mixing[at] > 0.0f ? static_cast<float>(richness[time] * sum) : 0.0f;
  }
}

KERNEL BLOCK_OF(256) reweighting_backward_features_f32(
    const float* mixing, const float* richness, const float* raw, const float* draw,
    float* dfeatures, int times, int blocks, int width) {
  SHARED(float, partial, GROUP * GROUP * WARP);  // of each warp, block of the model, column
  int first_block = blockIdx.y * GROUP;
  long long column = block() * WARP + lane();
  float sums[GROUP] = {};
#pragma unroll 2
  for (int time = warp(); time < times; time += GROUP) {
    long long at = static_cast<long long>(time) * width + column;
    float g = column < width && raw[at] > 0.0f ? draw[at] : 0.0f;
    g *= richness[time];
    const float* factors = mixing + static_cast<long long>(time) * blocks + first_block;
#pragma unroll
    for (int j = 0; j < GROUP; j++) {
      sums[j] += first_block + j < blocks ? factors[j] * g : 0.0f;
    }
  }
#pragma unroll
  for (int j = 0; j < GROUP; j++) {
    partial[(warp() * GROUP + j) * WARP + lane()] = sums[j];
  }
  block_barrier();
  int own = first_block + warp();
  if (own < blocks && column < width) {
    float sum = 0.0f;
    for (int w = 0; w < GROUP; w++) {
      sum += partial[(w * GROUP + warp()) * WARP + lane()];
    }
    dfeatures[static_cast<long long>(own) * width + column] = sum;
  }
}
