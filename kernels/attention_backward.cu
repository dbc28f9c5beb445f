// Gradients of attention of any head size, token count, stride and alignment: AttentionOps.backward, in
// float32 arithmetic on float32 or bf16 tensors. With P = exp(S - lse) recomputed from lse:
//
//   delta = rows of dout * out, summed        dv = P^T dout
//   dS = P * (dout v^T - delta) / sqrt d      dq = dS k      dk = dS^T q
//
// Shapes as in attention.cu; delta (B, H, Tq). Three kernels in order, none with atomics, so that two
// runs give the same bits; S is computed twice, once from each side:
//   delta   8 lanes a row and head: (rows H) / 32 blocks of 256 threads
//   dq      a block keeps queries and dout, keys and values pass by; tiles as in attention.cu
//   dkdv    a block keeps keys and values, queries and dout pass by; either of dk and dv may be null
// P and dS go through shared memory from and to the same warp, in a tile of which each warp owns its
// rows. bf16 tensors that the tensor cores can take go to attention_bf16_backward.cu instead.
//
// Launch: dq and dkdv 256 threads, grid = tiles x chunks of columns x H x B as in attention.cu.
//
// Floor: seven products where an ideal fused kernel has five: 14 B H Tq Tk d flops at 60 TFLOP/s, that
// is 16 us an image for ViT-L/14's layer. delta reads out and dout, 8 B Tq H d bytes in float32, at
// 4.3 TB/s: 0.5 us an image.
#include "common/attention_tile.cuh"

constexpr int DELTA_LANES = 8;

// At most 1 even where rounding of huge scores says more: of 1e10 it is off by hundreds.
DEVICE float probability(float score, float scale, float lse) {
  return expf(fminf(score * scale - lse, 0.0f));
}

template <typename T>
DEVICE void sum_products(
    const T* out, long long out_stride, const T* dout, long long dout_stride, float* delta,
    long long rows, int heads, int queries, int head_size) {
  long long group = (block() * blockDim.x + threadIdx.x) / DELTA_LANES;
  int part = threadIdx.x % DELTA_LANES;
  bool inside = group < rows * heads;
  long long row = inside ? group / heads : 0;
  int head = static_cast<int>(inside ? group % heads : 0);
  const T* x = out + row * out_stride + head * head_size;
  const T* y = dout + row * dout_stride + head * head_size;
  float sum = 0.0f;
  if (head_size % 4 == 0 && is_wide(out, out_stride) && is_wide(dout, dout_stride)) {
    for (int c = 4 * part; c < head_size; c += 4 * DELTA_LANES) {
      Float4 a = load4(x + c);
      Float4 b = load4(y + c);
      sum += (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w);
    }
  } else {
    for (int c = part; c < head_size; c += DELTA_LANES) {
      sum += to_float(x[c]) * to_float(y[c]);
    }
  }
#pragma unroll
  for (int mask = DELTA_LANES / 2; mask > 0; mask /= 2) {
    sum += shuffle_xor(sum, mask);
  }
  if (inside && part == 0) {
    delta[(row / queries * heads + head) * queries + row % queries] = sum;
  }
}

KERNEL attention_delta_f32(
    const float* out, long long out_stride, const float* dout, long long dout_stride, float* delta,
    long long rows, int heads, int queries, int head_size) {
  sum_products(out, out_stride, dout, dout_stride, delta, rows, heads, queries, head_size);
}

KERNEL attention_delta_bf16(
    const Bf16* out, long long out_stride, const Bf16* dout, long long dout_stride, float* delta,
    long long rows, int heads, int queries, int head_size) {
  sum_products(out, out_stride, dout, dout_stride, delta, rows, heads, queries, head_size);
}

// Scores s and products dp = dout . v of a kept and a passing tile, over all chunks of columns. The
// kept tiles are loaded anew where a head has several chunks.
template <int WIDTH, typename T>
DEVICE void score_tiles(
    float s[ROWS<WIDTH>][MINE], float dp[ROWS<WIDTH>][MINE], float* kept, const Head<T>& a,
    const Head<T>& da, int first_kept, float* looked, const Head<T>& b, const Head<T>& db,
    int first_looked, int chunks, bool fresh, bool wants_dp, bool active) {
  constexpr int KEPT = SIDE * ROWS<WIDTH>;
  float* kept_other = kept + KEPT * TILE_STRIDE<WIDTH>;
  float* looked_other = looked + LOOKED * TILE_STRIDE<WIDTH>;
  for (int chunk = 0; chunk < chunks; chunk++) {
    block_barrier();  // the tiles' last readers are done
    if (fresh || chunks > 1) {
      load_tile<WIDTH>(kept, a, first_kept, KEPT, chunk);
      load_tile<WIDTH>(kept_other, da, first_kept, KEPT, chunk);
    }
    load_tile<WIDTH>(looked, b, first_looked, LOOKED, chunk);
    load_tile<WIDTH>(looked_other, db, first_looked, LOOKED, chunk);
    block_barrier();
    if (active) {
      int columns = a.columns - chunk * WIDTH < WIDTH ? a.columns - chunk * WIDTH : WIDTH;
      multiply_rows<WIDTH>(s, kept, looked, columns);
      if (wants_dp) {
        multiply_rows<WIDTH>(dp, kept_other, looked_other, columns);
      }
    }
  }
}

template <int WIDTH, typename T>
DEVICE void query_gradient(
    float* shared, const T* q, long long q_stride, const T* k, long long k_stride, const T* v,
    long long v_stride, const T* dout, long long dout_stride, const float* lse, const float* delta,
    T* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  constexpr int OWN = ROWS<WIDTH>;
  constexpr int KEPT = SIDE * OWN;
  float* kept = shared;
  float* looked = kept + 2 * KEPT * TILE_STRIDE<WIDTH>;
  float* ds_tile = looked + 2 * LOOKED * TILE_STRIDE<WIDTH>;

  Task task = task_of_block<WIDTH>(queries, heads, head_size);
  Head<const T> q_head = head_of(q, q_stride, task, queries, head_size);
  Head<const T> k_head = head_of(k, k_stride, task, keys, head_size);
  Head<const T> v_head = head_of(v, v_stride, task, keys, head_size);
  Head<const T> dout_head = head_of(dout, dout_stride, task, queries, head_size);
  long long statistics = (task.sequence * heads + task.head) * queries;
  int first_query = task.tile * KEPT;
  int own_query = first_query + tile_y() * OWN;
  bool active = first_query + warp() * 2 * OWN < queries;
  int end = causal != 0 && first_query + KEPT < keys ? first_query + KEPT : keys;

  float row_lse[OWN];
  float row_delta[OWN];
  Gathered<WIDTH> sum;
  clear(sum);
#pragma unroll
  for (int i = 0; i < OWN; i++) {
    bool inside = own_query + i < queries;
    row_lse[i] = inside ? lse[statistics + own_query + i] : 0.0f;
    row_delta[i] = inside ? delta[statistics + own_query + i] : 0.0f;
  }
  for (int first = 0; first < end; first += LOOKED) {
    float s[OWN][MINE] = {};
    float dp[OWN][MINE] = {};
    score_tiles<WIDTH>(s, dp, kept, q_head, dout_head, first_query, looked, k_head, v_head, first,
                       task.chunks, first == 0, true, active);
    if (active) {
#pragma unroll
      for (int i = 0; i < OWN; i++) {
#pragma unroll
        for (int j = 0; j < MINE; j++) {
          int key = first + tile_x() + SIDE * j;
          bool seen = key < keys && !(causal != 0 && key > own_query + i);
          float p = seen ? probability(s[i][j], scale, row_lse[i]) : 0.0f;
          ds_tile[(tile_y() * OWN + i) * LOOKED_STRIDE + tile_x() + SIDE * j] =
              p * (dp[i][j] - row_delta[i]);
        }
      }
    }
    if (task.chunks > 1) {
      block_barrier();
      load_tile<WIDTH>(looked, k_head, first, LOOKED, task.chunk);
      block_barrier();
    }
    if (active) {
      warp_barrier();  // a row of dS is read by the half warp that wrote it
      gather<WIDTH>(sum, ds_tile, looked);
      warp_barrier();
    }
  }

  Head<T> dq_head = head_of(dq, dq_stride, task, queries, head_size);
#pragma unroll
  for (int i = 0; i < OWN; i++) {
    if (own_query + i < queries) {
      store_row<WIDTH>(dq_head, own_query + i, task.chunk, sum, i, scale);
    }
  }
}

template <int WIDTH, typename T>
DEVICE void key_value_gradients(
    float* shared, const T* q, long long q_stride, const T* k, long long k_stride, const T* v,
    long long v_stride, const T* dout, long long dout_stride, const float* lse, const float* delta,
    T* dk, long long dk_stride, T* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  constexpr int OWN = ROWS<WIDTH>;
  constexpr int KEPT = SIDE * OWN;
  float* kept = shared;
  float* looked = kept + 2 * KEPT * TILE_STRIDE<WIDTH>;
  float* looked_dout = looked + LOOKED * TILE_STRIDE<WIDTH>;
  float* weights = looked + 2 * LOOKED * TILE_STRIDE<WIDTH>;

  Task task = task_of_block<WIDTH>(keys, heads, head_size);
  Head<const T> q_head = head_of(q, q_stride, task, queries, head_size);
  Head<const T> k_head = head_of(k, k_stride, task, keys, head_size);
  Head<const T> v_head = head_of(v, v_stride, task, keys, head_size);
  Head<const T> dout_head = head_of(dout, dout_stride, task, queries, head_size);
  long long statistics = (task.sequence * heads + task.head) * queries;
  int first_key = task.tile * KEPT;
  int own_key = first_key + tile_y() * OWN;
  bool active = first_key + warp() * 2 * OWN < keys;
  int begin = causal != 0 ? first_key / LOOKED * LOOKED : 0;

  Gathered<WIDTH> dk_sum;
  Gathered<WIDTH> dv_sum;
  clear(dk_sum);
  clear(dv_sum);
  for (int first = begin; first < queries; first += LOOKED) {
    float p[OWN][MINE] = {};
    float dp[OWN][MINE] = {};
    score_tiles<WIDTH>(p, dp, kept, k_head, v_head, first_key, looked, q_head, dout_head, first,
                       task.chunks, first == begin, dk != nullptr, active);
    if (task.chunks > 1) {
      block_barrier();
      load_tile<WIDTH>(looked, q_head, first, LOOKED, task.chunk);
      load_tile<WIDTH>(looked_dout, dout_head, first, LOOKED, task.chunk);
      block_barrier();
    }
    if (!active) {
      continue;
    }
    float* own_weights = weights + tile_y() * OWN * LOOKED_STRIDE + tile_x();
#pragma unroll
    for (int j = 0; j < MINE; j++) {
      int query = first + tile_x() + SIDE * j;
      float query_lse = query < queries ? lse[statistics + query] : 0.0f;
      float query_delta = query < queries ? delta[statistics + query] : 0.0f;
#pragma unroll
      for (int i = 0; i < OWN; i++) {
        bool seen = query < queries && !(causal != 0 && own_key + i > query);
        p[i][j] = seen ? probability(p[i][j], scale, query_lse) : 0.0f;
        dp[i][j] = p[i][j] * (dp[i][j] - query_delta);
        own_weights[i * LOOKED_STRIDE + SIDE * j] = p[i][j];
      }
    }
    warp_barrier();  // a row of weights is read by the half warp that wrote it
    if (dv != nullptr) {
      gather<WIDTH>(dv_sum, weights, looked_dout);
      warp_barrier();
    }
    if (dk != nullptr) {
#pragma unroll
      for (int j = 0; j < MINE; j++) {
#pragma unroll
        for (int i = 0; i < OWN; i++) {
          own_weights[i * LOOKED_STRIDE + SIDE * j] = dp[i][j];
        }
      }
      warp_barrier();
      gather<WIDTH>(dk_sum, weights, looked);
      warp_barrier();
    }
  }

  Head<T> dk_head = head_of(dk, dk_stride, task, keys, head_size);
  Head<T> dv_head = head_of(dv, dv_stride, task, keys, head_size);
#pragma unroll
  for (int i = 0; i < OWN; i++) {
    if (own_key + i < keys && dk != nullptr) {
      store_row<WIDTH>(dk_head, own_key + i, task.chunk, dk_sum, i, scale);
    }
    if (own_key + i < keys && dv != nullptr) {
      store_row<WIDTH>(dv_head, own_key + i, task.chunk, dv_sum, i, 1.0f);
    }
  }
}

KERNEL attention_dq_f32_64(
    const float* q, long long q_stride, const float* k, long long k_stride, const float* v,
    long long v_stride, const float* dout, long long dout_stride, const float* lse, const float* delta,
    float* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(float, shared);
  query_gradient<64>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta, dq,
                     dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_dkdv_f32_64(
    const float* q, long long q_stride, const float* k, long long k_stride, const float* v,
    long long v_stride, const float* dout, long long dout_stride, const float* lse, const float* delta,
    float* dk, long long dk_stride, float* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(float, shared);
  key_value_gradients<64>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_dq_f32_128(
    const float* q, long long q_stride, const float* k, long long k_stride, const float* v,
    long long v_stride, const float* dout, long long dout_stride, const float* lse, const float* delta,
    float* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(float, shared);
  query_gradient<128>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta, dq,
                     dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_dkdv_f32_128(
    const float* q, long long q_stride, const float* k, long long k_stride, const float* v,
    long long v_stride, const float* dout, long long dout_stride, const float* lse, const float* delta,
    float* dk, long long dk_stride, float* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(float, shared);
  key_value_gradients<128>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_dq_bf16_64(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(float, shared);
  query_gradient<64>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta, dq,
                     dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_dkdv_bf16_64(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(float, shared);
  key_value_gradients<64>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_dq_bf16_128(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(float, shared);
  query_gradient<128>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta, dq,
                     dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_dkdv_bf16_128(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(float, shared);
  key_value_gradients<128>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}
