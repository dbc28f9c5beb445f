// Noise on the reweighted features, ReweightingOps.inject: at every time t, with b an image, k a dimension,
//
//   s[k]     = unbiased standard deviation of raw[t,.,k] over the images, or given
//   a[b,k]   = beta[t] (raw[b,k] + level[t] s[k] noise[b,k])       out = ReLU(a) + floor[b,k]
//   backward   g = beta dout where a > 0, else 0
//              draw = g + level sum over b of (g noise) (raw - mean[k])/((B - 1) s[k])
//
// with the second term 0 where s[k] is 0 or given. raw, out, dout, draw, noise, floor (T, B, K); s (T, K);
// beta, level (T): all float and without gaps; draw may be dout. There are three kinds of noise:
//   key      8 words in device memory (seed low, seed high, stream, step, of the normal draws and of the
//            floor's): element i of (T, B, K) has draw i of each, so a replayed graph draws anew when the host
//            has written another step's key. The backward pass makes the same draws again.
//   normal   with floor: two tensors
//   neither  a = beta raw, and the floor is the constant `low`
//
// Launch: 256 threads a time, K of them side by side (at most 256; wider rows take more blocks) and as many
// images at once as fit, 3 where K = 66; grid = (T, K/256). A thread keeps to one dimension; sums over images
// are f64: of its own, then of the threads of the dimension in their order. Rows are read again for each
// pass, out of L1: 13 KB a time for 50 images of 66. The backward pass parks g in draw between its passes.
//
// Bytes that must move: forward 8 T B K with a key, 16 with given noise; backward 12 and 16. With T = 281, B =
// 50, K = 66 7.4 MB and 11 MB: 2 and 3 us at 4.3 TB/s. The draws: two of Philox's blocks and a normal an
// element, some 250 integer and 60 f64 instructions, 10 us on an H100; the backward pass needs no floor, half.
#include "common/philox.cuh"

constexpr int INJECTION_THREADS = 256;

// The place of a thread: a dimension, and every `images`th image from `image` on.
struct Place {
  int column, image, images, span;
  bool active;
};

DEVICE Place place(int width) {
  int span = width < INJECTION_THREADS ? width : INJECTION_THREADS;
  int thread = threadIdx.x;
  Place p;
  p.span = span;
  p.images = INJECTION_THREADS / span;
  p.image = thread / span;
  p.column = blockIdx.y * span + thread % span;
  p.active = p.image < p.images && p.column < width;
  return p;
}

// The sum over the threads of this thread's dimension; all threads of the block take part.
DEVICE double column_sum(double value, Place p, double* partial) {
  block_barrier();  // partial may still be read from an earlier sum
  partial[threadIdx.x] = p.active ? value : 0.0;
  block_barrier();
  double sum = 0.0;
  for (int image = 0; image < p.images; image++) {
    sum += partial[image * p.span + threadIdx.x % p.span];
  }
  return sum;
}

// Where draws come from; at most one of key and normal is not null.
struct Source {
  const int* key;
  const float* normal;
  const float* floor;
  float low, scale;
};

DEVICE PhiloxKey key_at(const int* words) {
  return PhiloxKey{
      unsigned(words[0]), unsigned(words[1]), unsigned(words[2]), unsigned(words[3])};
}

DEVICE float normal_at(Source from, long long i) {
  if (from.key == nullptr) {
    return from.normal[i];
  }
  PhiloxWords words = philox(key_at(from.key), static_cast<unsigned long long>(i) >> 2);
  bool late = (i & 2) != 0;
  double even;
  double odd;
  philox_normals(late ? words.z : words.x, late ? words.w : words.y, &even, &odd);
  return static_cast<float>((i & 1) != 0 ? odd : even);
}

DEVICE float floor_at(Source from, long long i) {
  if (from.key == nullptr) {
    return from.normal == nullptr ? from.low : from.floor[i];
  }
  PhiloxWords words = philox(key_at(from.key + 4), static_cast<unsigned long long>(i) >> 2);
  unsigned early = (i & 1) != 0 ? words.y : words.x;
  unsigned late = (i & 1) != 0 ? words.w : words.z;
  float uniform = philox_uniform((i & 2) != 0 ? late : early);
  return add_rounded(from.low, multiply_rounded(from.scale, uniform));
}

// The ReLU's argument, with the same bits in both passes.
DEVICE float argument(float beta, float raw, float spread, float noise) {
  return multiply_rounded(beta, add_rounded(raw, multiply_rounded(spread, noise)));
}

KERNEL BLOCK_OF(256) injection_forward_f32(
    const float* raw, const float* generalization, const float* level, const int* key,
    const float* normal, const float* floor, float low, float scale, int deviation_given,
    float* deviation, float* out, int batch, int width) {
  SHARED(double, partial, INJECTION_THREADS);
  Place p = place(width);
  Source from = {key, normal, floor, low, scale};
  bool noisy = key != nullptr || normal != nullptr;
  long long first = block() * batch * width + p.column;  // of image 0
  float* own_deviation = deviation + block() * width + p.column;
  float spread = 0.0f;
  if (deviation_given == 0) {
    double mean = 0.0;
    for (int b = p.image; p.active && b < batch; b += p.images) {
      mean += raw[first + static_cast<long long>(b) * width];
    }
    mean = column_sum(mean, p, partial) / batch;
    double squares = 0.0;
    for (int b = p.image; p.active && b < batch; b += p.images) {
      double difference = raw[first + static_cast<long long>(b) * width] - mean;
      squares += difference * difference;
    }
    squares = column_sum(squares, p, partial);
    spread = static_cast<float>(sqrt(squares / (batch - 1)));
    if (p.active && p.image == 0) {
      *own_deviation = spread;
    }
  } else if (p.active) {
    spread = *own_deviation;
  }
  spread *= level[block()];
  float beta = generalization[block()];
  for (int b = p.image; p.active && b < batch; b += p.images) {
    long long i = first + static_cast<long long>(b) * width;
    float a = noisy ? argument(beta, raw[i], spread, normal_at(from, i)) : beta * raw[i];
    out[i] = (a <= 0.0f ? 0.0f : a) + floor_at(from, i);  // NaN stays
  }
}

KERNEL BLOCK_OF(256) injection_backward_f32(
    const float* raw, const float* generalization, const float* level, const int* key,
    const float* normal, int deviation_given, const float* deviation, const float* dout,
    float* draw, int batch, int width) {
  SHARED(double, partial, INJECTION_THREADS);
  Place p = place(width);
  Source from = {key, normal, nullptr, 0.0f, 0.0f};
  bool noisy = key != nullptr || normal != nullptr;
  long long first = block() * batch * width + p.column;  // of image 0
  float beta = generalization[block()];
  float noise_level = level[block()];
  double s = noisy && p.active ? deviation[block() * width + p.column] : 0.0f;
  float spread = noise_level * static_cast<float>(s);
  double mean = 0.0;
  double along = 0.0;
  for (int b = p.image; p.active && b < batch; b += p.images) {
    long long i = first + static_cast<long long>(b) * width;
    float noise = noisy ? normal_at(from, i) : 0.0f;
    float a = noisy ? argument(beta, raw[i], spread, noise) : beta * raw[i];
    float g = a > 0.0f ? beta * dout[i] : 0.0f;
    draw[i] = g;  // may be dout
    mean += raw[i];
    along += static_cast<double>(g) * noise;
  }
  if (!noisy || deviation_given != 0) {
    return;  // all threads alike
  }
  mean = column_sum(mean, p, partial) / batch;
  along = column_sum(along, p, partial);
  if (s == 0.0) {
    return;  // after the last barrier
  }
  float factor = static_cast<float>(noise_level * along / ((batch - 1) * s));
  for (int b = p.image; p.active && b < batch; b += p.images) {
    long long i = first + static_cast<long long>(b) * width;
    draw[i] += factor * static_cast<float>(raw[i] - mean);
  }
}
