// dq of attention on tensor cores, the first half of AttentionOps.backward for the bf16 tensors that
// attention_bf16.cu takes. With P = exp(S - lse) recomputed, and delta from attention_backward.cu:
//
//   S = q k^T / sqrt d      dS = P * (dout v^T - delta)      dq = dS k / sqrt d
//
// A warp keeps q and dout of 16 queries as fragments, keys and values pass by in tiles of 64, copied
// one ahead, 16 at a time: 257 of them cost 272. dS, rounded to bf16 in the registers that it was
// computed in, is the left factor of the product with k. With 32 queries a warp each fragment read from
// shared memory would serve four products instead of two, but at 234 registers only 8 warps would fit a
// multiprocessor, not 15.
// attention_bf16_dkdv.cu computes S and dout v^T again from the side of the keys: seven products where
// one kernel with atomics on dq has five, but equal bits in every run, and no pass over dq in float.
//
// Launch: 32 to 192 threads, as many warps as attention_bf16.cu's rule gives (257 queries: 3 blocks of
// 6); grid = tiles of queries x H x B, tiles fastest; shared memory for four tiles and the block's dout:
// 50,688 bytes at head size 64 and 6 warps, 87,040 at 128 and 4.
//
// Floor: 6 B H Tq Tk d flops at 790 TFLOP/s: 0.51 us an image for a layer of ViT-L/14 (16 heads of 64,
// 257 tokens); q, k, v, dout read and dq written, 5 B T H d elements of 2 bytes, 2.6 MB: 0.61 us at
// 4.3 TB/s.
#include "common/attention_mma.cuh"

template <int WIDTH, bool MASKED>
DEVICE void query_step(
    Gathered<WIDTH>& dq, const Kept<WIDTH>& q, const Kept<WIDTH>& dout, const float lse[2],
    const float delta[2], const Bf16* k_group, const Bf16* v_group, int query, int key, int keys,
    bool causal, float to_exponent) {
  Square s = {};
  Square ds = {};
  multiply_rows<WIDTH, 1>(&s, &q, k_group);
  multiply_rows<WIDTH, 1>(&ds, &dout, v_group);
#pragma unroll
  for (int n = 0; n < 8; n++) {
    int r = n / 2 % 2;
    float p = approximate_exp2(s.at[n / 4][n % 4] * to_exponent - lse[r]);
    if (MASKED) {
      int at_key = key + n / 4 * 8 + lane() % 4 * 2 + n % 2;
      int at_query = query + 8 * r + lane() / 4;
      p = at_key < keys && !(causal && at_key > at_query) ? p : 0.0f;
    }
    float& product = ds.at[n / 4][n % 4];
    product = p * (product - delta[r]);
  }
  unsigned weights[1][4];
  as_left(weights[0], ds);
  gather<WIDTH, 1>(&dq, weights, k_group);
}

template <int WIDTH>
DEVICE void query_gradient(
    Bf16* shared, const Bf16* q, long long q_stride, const Bf16* k, long long k_stride,
    const Bf16* v, long long v_stride, const Bf16* dout, long long dout_stride, const float* lse,
    const float* delta, Bf16* dq, long long dq_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  constexpr int ROWS = 16;  // queries of a warp
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

  // Queries pass through the second pair of tiles on their way to registers, dout through memory behind
  // it, while the first keys and values are on theirs.
  Bf16* q_tile = shared + PAIR;
  begin_tiles<WIDTH>(q_tile, PAIR,
                     {head_of(q, q_stride, task, queries, head_size),
                      head_of(dout, dout_stride, task, queries, head_size)},
                     task.first, warps() * ROWS);
  begin_tiles<WIDTH>(shared, TILE<WIDTH>, {k_head, v_head}, 0, rows_of_tile(0, end));
  copy_async_commit();
  float row_lse[2];
  float row_delta[2];
  long long statistics = (task.sequence * heads + task.head) * queries;
#pragma unroll
  for (int r = 0; r < 2; r++) {
    int at = query + 8 * r + lane() / 4;
    row_lse[r] = at < queries ? lse[statistics + at] * LOG2_E : INFINITY_F32;
    row_delta[r] = at < queries ? delta[statistics + at] : 0.0f;
  }
  copy_async_wait<0>();
  block_barrier();
  int own = warp() * ROWS * STRIDE<WIDTH>;
  Kept<WIDTH> q_kept;
  Kept<WIDTH> dout_kept;
  load_kept(q_kept, q_tile + own);
  load_kept(dout_kept, q_tile + PAIR + own);

  Gathered<WIDTH> sum = {};
  for (int first = 0; first < end; first += PASSING) {
    int odd = first / PASSING % 2;
    int next = first + PASSING;
    copy_async_wait<0>();
    block_barrier();
    if (next < end) {
      begin_tiles<WIDTH>(shared + (1 - odd) * PAIR, TILE<WIDTH>, {k_head, v_head}, next,
                         rows_of_tile(next, end));
    }
    copy_async_commit();
    int stop = next < own_end ? next : own_end;
    const Bf16* k_group = shared + odd * PAIR;
    for (int key = first; active && key < stop; key += GROUP) {
      const Bf16* v_group = k_group + TILE<WIDTH>;
      if (key + GROUP <= unmasked_end) {
        query_step<WIDTH, false>(sum, q_kept, dout_kept, row_lse, row_delta, k_group, v_group, query,
                                 key, keys, false, to_exponent);
      } else {
        query_step<WIDTH, true>(sum, q_kept, dout_kept, row_lse, row_delta, k_group, v_group, query,
                                key, keys, causal != 0, to_exponent);
      }
      k_group += GROUP * STRIDE<WIDTH>;
    }
  }

  block_barrier();  // all tiles are read: their memory now takes the gradient
  if (active) {
    store_rows(head_of(dq, dq_stride, task, queries, head_size), query, sum, scale, scale,
               shared + own);
  }
}

KERNEL attention_bf16_dq_32(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<32>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                     dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dq_64(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<64>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                     dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dq_80(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<80>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                     dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dq_96(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<96>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                     dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}

KERNEL attention_bf16_dq_128(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dq, long long dq_stride, int heads, int queries, int keys, int head_size, int causal,
    float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  query_gradient<128>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                     dq, dq_stride, heads, queries, keys, head_size, causal, scale);
}
