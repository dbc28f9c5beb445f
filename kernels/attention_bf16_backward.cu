// Gradients of attention on tensor cores: AttentionOps.backward for the bf16 tensors that
// attention_bf16.cu takes; delta is attention_backward.cu's. With P = exp(S - lse) recomputed:
//
//   dv = P^T dout      dS = P * (dout v^T - delta)      dq = dS k / sqrt d      dk = dS^T q / sqrt d
//
// Two kernels, without atomics and so with equal bits in every run; S and dout v^T are computed twice,
// once from each side, seven products where one kernel with atomics on dq has five:
//   dq    a warp keeps q and dout of 32 queries (16 where a head is larger than 64), keys and values
//         pass by;
//   dkdv  a warp keeps k and v of 16 keys and computes S^T, so that P^T and dS^T, rounded to bf16, are
//         at once left factors of the products with dout and q that pass by; with them pass lse and
//         delta of the same queries. Either of dk and dv may be null.
// Tiles of 64 pass as in attention_bf16.cu, copied one ahead, and are taken 16 tokens at a time: 257
// tokens cost 272. Queries beyond the last have lse = infinity, so that their P is 0.
//
// Rounding: P and dS enter products as bf16, sums are float, 1 / sqrt d is applied to the sums.
//
// Launch: 32 to 128 threads; grid = tiles x H x B; shared memory for four tiles, 36,864 bytes at head
// size 64, and 1 KB of lse and delta for dkdv.
//
// Floor: 14 B H Tq Tk d flops (dq 6, dkdv 8) at 790 TFLOP/s: 1.2 us an image for a layer of ViT-L/14,
// of which the two products done twice are 0.34. Bytes: q, k, v, dout twice, dq, dk, dv once, 11 B T H d
// elements of 2 bytes: 5.8 MB, 1.35 us at 4.3 TB/s, less what stays in L2 between the kernels.
// dkdv reads a fragment from shared memory for every two products, which halves its ceiling to some
// 400 TFLOP/s; keys of 32 a warp would need 192 registers for dk, dv, k and v alone.
#include "common/attention_mma.cuh"

template <int WIDTH, int TILES, bool MASKED>
DEVICE void query_step(
    Gathered<WIDTH> dq[TILES], const Kept<WIDTH> q[TILES], const Kept<WIDTH> dout[TILES],
    const float lse[TILES][2], const float delta[TILES][2], const Bf16* k_group,
    const Bf16* v_group, int query, int key, int keys, bool causal, float to_exponent) {
  Square s[TILES] = {};
  Square ds[TILES] = {};
  multiply_rows<WIDTH, TILES>(s, q, k_group);
  multiply_rows<WIDTH, TILES>(ds, dout, v_group);
  unsigned weights[TILES][4];
#pragma unroll
  for (int m = 0; m < TILES; m++) {
#pragma unroll
    for (int n = 0; n < 8; n++) {
      int r = n / 2 % 2;
      float p = approximate_exp2(s[m].at[n / 4][n % 4] * to_exponent - lse[m][r]);
      if (MASKED) {
        int at_key = key + n / 4 * 8 + lane() % 4 * 2 + n % 2;
        int at_query = query + 16 * m + 8 * r + lane() / 4;
        p = at_key < keys && !(causal && at_key > at_query) ? p : 0.0f;
      }
      float& product = ds[m].at[n / 4][n % 4];
      product = p * (product - delta[m][r]);
    }
    as_left(weights[m], ds[m]);
  }
  gather<WIDTH, TILES>(dq, weights, k_group);
}

template <int WIDTH, int TILES>
DEVICE void query_gradient(
    Bf16* shared, const Bf16* q, long long q_stride, const Bf16* k, long long k_stride,
    const Bf16* v, long long v_stride, const Bf16* dout, long long dout_stride, const float* lse,
    const float* delta, Bf16* dq, long long dq_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  constexpr int ROWS = 16 * TILES;  // queries of a warp
  constexpr int PAIR = 2 * TILE<WIDTH>;
  Task task = task_of_block(queries, warps() * ROWS, heads, causal != 0);
  Head<const Bf16> k_head = head_of(k, k_stride, task, keys, head_size);
  Head<const Bf16> v_head = head_of(v, v_stride, task, keys, head_size);
  int query = task.first + warp() * ROWS;
  bool active = query < queries;
  int block_end = task.first + warps() * ROWS;
  int end = causal != 0 && block_end < keys ? block_end : keys;
  int own_end = causal != 0 && query + ROWS < keys ? query + ROWS : keys;
  int unmasked_end = causal != 0 ? query + 1 : keys;
  float to_exponent = scale * LOG2_E;

  // Queries and dout pass through the memory of both pairs of tiles on their way to registers.
  begin_tile<WIDTH>(shared, head_of(q, q_stride, task, queries, head_size), task.first,
                    warps() * ROWS);
  begin_tile<WIDTH>(shared + PAIR, head_of(dout, dout_stride, task, queries, head_size), task.first,
                    warps() * ROWS);
  copy_async_commit();
  float row_lse[TILES][2];
  float row_delta[TILES][2];
  long long statistics = (task.sequence * heads + task.head) * queries;
#pragma unroll
  for (int m = 0; m < TILES; m++) {
#pragma unroll
    for (int r = 0; r < 2; r++) {
      int at = query + 16 * m + 8 * r + lane() / 4;
      row_lse[m][r] = at < queries ? lse[statistics + at] * LOG2_E : INFINITY_F32;
      row_delta[m][r] = at < queries ? delta[statistics + at] : 0.0f;
    }
  }
  copy_async_wait<0>();
  block_barrier();
  Kept<WIDTH> q_kept[TILES];
  Kept<WIDTH> dout_kept[TILES];
#pragma unroll
  for (int m = 0; m < TILES; m++) {
    const Bf16* own = shared + (warp() * ROWS + 16 * m) * STRIDE<WIDTH>;
    load_kept(q_kept[m], own);
    load_kept(dout_kept[m], own + PAIR);
  }
  block_barrier();

  Gathered<WIDTH> sum[TILES] = {};
  begin_tile<WIDTH>(shared, k_head, 0, rows_of_tile(0, end));
  begin_tile<WIDTH>(shared + TILE<WIDTH>, v_head, 0, rows_of_tile(0, end));
  copy_async_commit();
  for (int first = 0; first < end; first += PASSING) {
    int odd = first / PASSING % 2;
    int next = first + PASSING;
    copy_async_wait<0>();
    block_barrier();
    if (next < end) {
      Bf16* other = shared + (1 - odd) * PAIR;
      begin_tile<WIDTH>(other, k_head, next, rows_of_tile(next, end));
      begin_tile<WIDTH>(other + TILE<WIDTH>, v_head, next, rows_of_tile(next, end));
    }
    copy_async_commit();
    int stop = next < own_end ? next : own_end;
    const Bf16* k_group = shared + odd * PAIR;
    for (int key = first; active && key < stop; key += GROUP) {
      const Bf16* v_group = k_group + TILE<WIDTH>;
      if (key + GROUP <= unmasked_end) {
        query_step<WIDTH, TILES, false>(sum, q_kept, dout_kept, row_lse, row_delta, k_group,
                                        v_group, query, key, keys, false, to_exponent);
      } else {
        query_step<WIDTH, TILES, true>(sum, q_kept, dout_kept, row_lse, row_delta, k_group, v_group,
                                       query, key, keys, causal != 0, to_exponent);
      }
      k_group += GROUP * STRIDE<WIDTH>;
    }
  }

  block_barrier();  // all tiles are read: their memory now takes the gradient
  if (!active) {
    return;
  }
  Head<Bf16> dq_head = head_of(dq, dq_stride, task, queries, head_size);
#pragma unroll
  for (int m = 0; m < TILES; m++) {
    store_rows(dq_head, query + 16 * m, sum[m], scale, scale,
               shared + warp() * 16 * STRIDE<WIDTH>);
  }
}

// lse in powers of 2 and delta of a tile's queries, on their way to shared memory: loaded before the
// tile in front of it is worked on, stored after.
struct Statistics {
  float at[4];
};

DEVICE Statistics load_statistics(
    const float* lse, const float* delta, long long row, int first, int queries) {
  Statistics ahead;
#pragma unroll
  for (int n = 0; n < 4; n++) {  // 128 values, at least 32 threads
    int i = threadIdx.x + n * blockDim.x;
    int query = first + i % PASSING;
    bool is_lse = i < PASSING;
    ahead.at[n] = is_lse ? INFINITY_F32 : 0.0f;
    if (i < 2 * PASSING && query < queries) {
      ahead.at[n] = is_lse ? lse[row + query] * LOG2_E : delta[row + query];
    }
  }
  return ahead;
}

DEVICE void store_statistics(float* to, const Statistics& ahead) {
#pragma unroll
  for (int n = 0; n < 4; n++) {
    int i = threadIdx.x + n * blockDim.x;
    if (i < 2 * PASSING) {
      to[i] = ahead.at[n];
    }
  }
}

// statistics: lse of the 16 queries that pass, and 64 floats on delta.
template <int WIDTH>
DEVICE void key_step(
    Gathered<WIDTH>& dk, Gathered<WIDTH>& dv, const Kept<WIDTH>& k, const Kept<WIDTH>& v,
    const Bf16* q_group, const Bf16* dout_group, const float* statistics, bool wants_dk,
    bool wants_dv, bool masked, int key, int query, float to_exponent) {
  Square p = {};
  multiply_rows<WIDTH, 1>(&p, &k, q_group);
  const float* own = statistics + lane() % 4 * 2;
#pragma unroll
  for (int n = 0; n < 8; n++) {
    int column = n / 4 * 8 + n % 2;
    float& score = p.at[n / 4][n % 4];
    score = approximate_exp2(score * to_exponent - own[column]);
    int at_key = key + n / 2 % 2 * 8 + lane() / 4;
    if (masked && at_key > query + column + lane() % 4 * 2) {
      score = 0.0f;
    }
  }
  unsigned weights[1][4];
  if (wants_dv) {
    as_left(weights[0], p);
    gather<WIDTH, 1>(&dv, weights, dout_group);
  }
  if (wants_dk) {
    Square ds = {};
    multiply_rows<WIDTH, 1>(&ds, &v, dout_group);
#pragma unroll
    for (int n = 0; n < 8; n++) {
      float& product = ds.at[n / 4][n % 4];
      product = p.at[n / 4][n % 4] * (product - own[PASSING + n / 4 * 8 + n % 2]);
    }
    as_left(weights[0], ds);
    gather<WIDTH, 1>(&dk, weights, q_group);
  }
}

template <int WIDTH>
DEVICE void key_value_gradients(
    Bf16* shared, const Bf16* q, long long q_stride, const Bf16* k, long long k_stride,
    const Bf16* v, long long v_stride, const Bf16* dout, long long dout_stride, const float* lse,
    const float* delta, Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads,
    int queries, int keys, int head_size, int causal, float scale) {
  constexpr int PAIR = 2 * TILE<WIDTH>;
  float* statistics = reinterpret_cast<float*>(shared + 2 * PAIR);
  Task task = task_of_block(keys, warps() * 16, heads, false);
  Head<const Bf16> q_head = head_of(q, q_stride, task, queries, head_size);
  Head<const Bf16> dout_head = head_of(dout, dout_stride, task, queries, head_size);
  long long row = (task.sequence * heads + task.head) * queries;
  int key = task.first + warp() * 16;
  bool active = key < keys;
  int begin = causal != 0 ? task.first / PASSING * PASSING : 0;
  float to_exponent = scale * LOG2_E;

  // The second pair of tiles holds keys and values until they are in registers.
  begin_tile<WIDTH>(shared + PAIR, head_of(k, k_stride, task, keys, head_size), task.first,
                    warps() * 16);
  begin_tile<WIDTH>(shared + PAIR + TILE<WIDTH>, head_of(v, v_stride, task, keys, head_size),
                    task.first, warps() * 16);
  begin_tile<WIDTH>(shared, q_head, begin, rows_of_tile(begin, queries));
  begin_tile<WIDTH>(shared + TILE<WIDTH>, dout_head, begin, rows_of_tile(begin, queries));
  copy_async_commit();
  store_statistics(statistics, load_statistics(lse, delta, row, begin, queries));
  copy_async_wait<0>();
  block_barrier();
  Kept<WIDTH> k_kept;
  Kept<WIDTH> v_kept;
  load_kept(k_kept, shared + PAIR + warp() * 16 * STRIDE<WIDTH>);
  load_kept(v_kept, shared + PAIR + TILE<WIDTH> + warp() * 16 * STRIDE<WIDTH>);

  Gathered<WIDTH> dk_sum = {};
  Gathered<WIDTH> dv_sum = {};
  int pair = 0;
  for (int first = begin; first < queries; first += PASSING) {
    int next = first + PASSING;
    copy_async_wait<0>();
    block_barrier();
    Statistics ahead;
    if (next < queries) {
      Bf16* other = shared + (1 - pair) * PAIR;
      begin_tile<WIDTH>(other, q_head, next, rows_of_tile(next, queries));
      begin_tile<WIDTH>(other + TILE<WIDTH>, dout_head, next, rows_of_tile(next, queries));
      ahead = load_statistics(lse, delta, row, next, queries);
    }
    copy_async_commit();
    int stop = next < queries ? next : queries;
    int unseeing = causal != 0 && key > first ? (key - first) / GROUP * GROUP : 0;
    for (int query = first + unseeing; active && query < stop; query += GROUP) {
      const Bf16* q_group = shared + pair * PAIR + (query - first) * STRIDE<WIDTH>;
      key_step<WIDTH>(dk_sum, dv_sum, k_kept, v_kept, q_group, q_group + TILE<WIDTH>,
                      statistics + pair * 2 * PASSING + query - first, dk != nullptr,
                      dv != nullptr, causal != 0 && query < key + 15, key, query, to_exponent);
    }
    if (next < queries) {
      store_statistics(statistics + (1 - pair) * 2 * PASSING, ahead);
    }
    pair = 1 - pair;
  }

  block_barrier();  // all tiles are read: their memory now takes the gradients
  if (!active) {
    return;
  }
  Bf16* own = shared + warp() * 16 * STRIDE<WIDTH>;
  if (dk != nullptr) {
    store_rows(head_of(dk, dk_stride, task, keys, head_size), key, dk_sum, scale, scale, own);
  }
  if (dv != nullptr) {
    store_rows(head_of(dv, dv_stride, task, keys, head_size), key, dv_sum, 1.0f, 1.0f, own);
  }
}

KERNEL attention_bf16_dq_32(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<32, 2>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                        dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dkdv_32(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  key_value_gradients<32>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dq_64(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<64, 2>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                        dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dkdv_64(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  key_value_gradients<64>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dq_80(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<80, 1>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                        dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dkdv_80(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  key_value_gradients<80>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dq_96(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<96, 1>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                        dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dkdv_96(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  key_value_gradients<96>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dq_128(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<128, 1>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                        dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dkdv_128(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  key_value_gradients<128>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}
