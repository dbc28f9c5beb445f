// dk and dv of attention on tensor cores, the second half of AttentionOps.backward for the bf16 tensors
// that attention_bf16.cu takes. From the side of the keys, with P = exp(S - lse) recomputed:
//
//   S^T = k q^T / sqrt d      dv = P^T dout      dS^T = P^T * (v dout^T - delta)      dk = dS^T q / sqrt d
//
// A warp keeps k and v of 16 keys, as fragments (values of heads larger than 64 stay in shared memory:
// registers); q and dout pass by in tiles of 64 with lse and delta of the same queries, copied one
// ahead, 16 at a time: 257 cost 272. P^T and dS^T, rounded to bf16 in the registers that they were
// computed in, are left factors of the products with dout and q. Queries beyond the last have
// lse = infinity, so that their P is 0. Where dk or dv is null, it is only not written.
// A fragment read from shared memory serves two products only, which caps this kernel at half of the
// tensor cores' rate; 32 keys a warp would need 192 registers for k, v, dk and dv alone.
//
// Launch: 32 to 192 threads, as many warps as attention_bf16.cu's rule gives (257 keys: 3 blocks of 6);
// grid = tiles of keys x H x B, tiles fastest; shared memory for four passing tiles, 1 KB of lse and
// delta, and the block's values: 51,712 bytes at head size 64 and 6 warps, 88,064 at 128 and 4.
//
// Floor: 8 B H Tq Tk d flops at 790 TFLOP/s: 0.68 us an image for a layer of ViT-L/14 (16 heads of 64,
// 257 tokens); q, k, v, dout read and dk, dv written, 6 B T H d elements of 2 bytes, 3.2 MB: 0.73 us at
// 4.3 TB/s.
#include "common/attention_mma.cuh"

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

// Whether a warp's 16 values are kept as fragments, beside its keys, dk and dv; else they stay in a
// tile of shared memory.
template <int WIDTH>
constexpr bool VALUES_IN_REGISTERS = WIDTH <= 64;

// statistics: lse of the 16 queries that pass, and 64 floats on delta.
template <int WIDTH, bool MASKED>
DEVICE void key_step(
    Gathered<WIDTH>& dk, Gathered<WIDTH>& dv, const Kept<WIDTH>& k, const Kept<WIDTH>& v,
    const Bf16* v_rows, const Bf16* q_group, const Bf16* dout_group, const float* statistics, int key, int query,
    float to_exponent) {
  Square p = {};
  Square ds = {};
  multiply_rows<WIDTH, 1>(&p, &k, q_group);
  if (VALUES_IN_REGISTERS<WIDTH>) {
    multiply_rows<WIDTH, 1>(&ds, &v, dout_group);
  } else {
    multiply_rows<WIDTH>(ds, v_rows, dout_group);
  }
  const float* own = statistics + lane() % 4 * 2;
#pragma unroll
  for (int n = 0; n < 8; n++) {
    int column = n / 4 * 8 + n % 2;
    float& score = p.at[n / 4][n % 4];
    float& product = ds.at[n / 4][n % 4];
    score = approximate_exp2(score * to_exponent - own[column]);
    if (MASKED) {
      int at_key = key + n / 2 % 2 * 8 + lane() / 4;
      score = at_key > query + column + lane() % 4 * 2 ? 0.0f : score;
    }
    product = score * (product - own[PASSING + column]);
  }
  unsigned weights[1][4];
  as_left(weights[0], p);
  gather<WIDTH, 1>(&dv, weights, dout_group);
  as_left(weights[0], ds);
  gather<WIDTH, 1>(&dk, weights, q_group);
}

template <int WIDTH>
DEVICE void key_value_gradients(
    Bf16* shared, const Bf16* q, long long q_stride, const Bf16* k, long long k_stride,
    const Bf16* v, long long v_stride, const Bf16* dout, long long dout_stride, const float* lse,
    const float* delta, Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads,
    int queries, int keys, int head_size, int causal, float scale) {
  constexpr int PAIR = 2 * TILE<WIDTH>;
  float* statistics = reinterpret_cast<float*>(shared + 2 * PAIR);
  Bf16* k_tile = shared + PAIR;
  Bf16* v_tile = reinterpret_cast<Bf16*>(statistics + 4 * PASSING);
  Task task = task_of_block(keys, warps() * 16, heads, false);
  Head<const Bf16> q_head = head_of(q, q_stride, task, queries, head_size);
  Head<const Bf16> dout_head = head_of(dout, dout_stride, task, queries, head_size);
  long long row = (task.sequence * heads + task.head) * queries;
  int key = task.first + warp() * 16;
  bool active = key < keys;
  int begin = causal != 0 ? task.first / PASSING * PASSING : 0;
  float to_exponent = scale * LOG2_E;

  // The second pair of tiles holds keys until they are in registers.
  begin_tiles<WIDTH>(k_tile, static_cast<int>(v_tile - k_tile),
                     {head_of(k, k_stride, task, keys, head_size),
                      head_of(v, v_stride, task, keys, head_size)},
                     task.first, warps() * 16);
  begin_tiles<WIDTH>(shared, TILE<WIDTH>, {q_head, dout_head}, begin, rows_of_tile(begin, queries));
  copy_async_commit();
  store_statistics(statistics, load_statistics(lse, delta, row, begin, queries));
  copy_async_wait<0>();
  block_barrier();
  Kept<WIDTH> k_kept;
  Kept<WIDTH> v_kept;
  const Bf16* v_rows = v_tile + warp() * 16 * STRIDE<WIDTH>;
  load_kept(k_kept, k_tile + warp() * 16 * STRIDE<WIDTH>);
  if (VALUES_IN_REGISTERS<WIDTH>) {
    load_kept(v_kept, v_rows);
  }

  Gathered<WIDTH> dk_sum = {};
  Gathered<WIDTH> dv_sum = {};
  int pair = 0;
  for (int first = begin; first < queries; first += PASSING) {
    int next = first + PASSING;
    copy_async_wait<0>();
    block_barrier();
    Statistics ahead;
    if (next < queries) {
      begin_tiles<WIDTH>(shared + (1 - pair) * PAIR, TILE<WIDTH>, {q_head, dout_head}, next,
                         rows_of_tile(next, queries));
      ahead = load_statistics(lse, delta, row, next, queries);
    }
    copy_async_commit();
    int stop = next < queries ? next : queries;
    int unseeing = causal != 0 && key > first ? (key - first) / GROUP * GROUP : 0;
    for (int query = first + unseeing; active && query < stop; query += GROUP) {
      const Bf16* q_group = shared + pair * PAIR + (query - first) * STRIDE<WIDTH>;
      const Bf16* dout_group = q_group + TILE<WIDTH>;
      const float* passing = statistics + pair * 2 * PASSING + query - first;
      if (causal != 0 && query < key + 15) {
        key_step<WIDTH, true>(dk_sum, dv_sum, k_kept, v_kept, v_rows, q_group, dout_group,
                              passing, key, query, to_exponent);
      } else {
        key_step<WIDTH, false>(dk_sum, dv_sum, k_kept, v_kept, v_rows, q_group, dout_group,
                               passing, key, query, to_exponent);
      }
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

KERNEL attention_bf16_dkdv_32(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  key_value_gradients<32>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
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

KERNEL attention_bf16_dkdv_80(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  key_value_gradients<80>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
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

KERNEL attention_bf16_dkdv_128(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, const Bf16* dout, long long dout_stride, const float* lse, const float* delta,
    Bf16* dk, long long dk_stride, Bf16* dv, long long dv_stride, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  key_value_gradients<128>(shared, q, q_stride, k, k_stride, v, v_stride, dout, dout_stride, lse, delta,
                          dk, dk_stride, dv, dv_stride, heads, queries, keys, head_size, causal, scale);
}
