// Attention on tensor cores: AttentionOps.forward for bf16 tensors whose rows start at multiples of 16
// bytes and whose head size is a multiple of 8, at most 128. What is computed, shapes and masks as in
// attention.cu, which takes all others.
//
// FlashAttention-2's scheme: a warp keeps 32 queries (16 where a head is larger than 80: registers) as
// fragments, keys and values pass by in tiles of 64 that the block copies asynchronously, one tile
// ahead. Scores become probabilities in the registers that they were summed in, and these, rounded to
// bf16, are at once the left factor of the product with the values.
//   * 32 queries a warp use each fragment read from shared memory for four products: 4 cycles of its
//     128 bytes a cycle feed 4 x 2048 multiply-adds, so that the tensor cores, not shared memory, bound.
//   * ViT's 257 = 8 x 32 + 1 queries and 16 x 16 + 1 keys: the launch picks the warps of a block so that
//     few warps in all have no rows and few blocks read all keys (257: 3 blocks of 3 warps, not 3 of 4;
//     77: 1 of 3; 197: 2 of 4), and keys go 16 at a time, so 272 of them are multiplied.
//   * The row maximum is only followed when it has grown by more than 2^8: until then exponentials of up
//     to 256 are as exact in float and bf16 as those up to 1, and neither the shuffles nor the
//     rescaling of the output are needed. A warp decides for all its rows. It happens at the first
//     tile and hardly ever after.
//   * exp(x / sqrt d) is one multiply-add and one ex2.
//
// Launch: 32 to 128 threads, to 192 where a warp keeps 16 queries; grid = tiles of queries x H x B, tiles
// fastest; shared memory for 2 tiles of keys and 2 of values: 36,864 bytes at head size 64, 69,632 at
// 128. At head size 64 a thread has 168 registers, so that 12 warps share a multiprocessor, three for
// each of its parts: a warp spends about as long in products as in all else, and a third one covers
// waits. Steps of 32 keys have more independent products but take 178 registers: 9 warps in blocks of 3.
//
// Floor: 4 B H Tq Tk d flops at 790 TFLOP/s, 0.34 us an image for a layer of ViT-L/14 (16 heads of 64,
// 257 tokens), and 2.1 MB of q, k, v, out at 4.3 TB/s, 0.49 us: memory bounds where nothing else does.
// In practice the 16 ex2 a cycle of an SM do: 1.06 M scores an image are 66 k cycles, 0.28 us over
// 132 SMs, beside the products. Blocks of 96 queries read k and v three times, from L2.
#include "common/attention_mma.cuh"

// Exponents from which on neighbouring scores are 32 apart or more.
constexpr float ENORMOUS = 268435456.0f;

// Growth of the maximum that is followed at once, as a power of 2.
constexpr float HEADROOM = 8.0f;

// Softmax of two rows of a fragment, lane / 4 and lane / 4 + 8: the maximum that exponents are taken
// from, and this lane's part of the sum.
struct Softmax {
  float max[2], sum[2];
};

template <int WIDTH, int TILES>
struct Attended {
  Gathered<WIDTH> out[TILES];
  Softmax softmax[TILES];
};

// The largest of the four lanes that share a row.
DEVICE float row_max(float value) {
  value = fmaxf(value, shuffle_xor(value, 1));
  return fmaxf(value, shuffle_xor(value, 2));
}

DEVICE float row_sum(float value) {
  value += shuffle_xor(value, 1);
  return value + shuffle_xor(value, 2);
}

template <int WIDTH>
DEVICE void scale_row(Gathered<WIDTH>& out, int row, float factor) {
#pragma unroll
  for (int c = 0; c < WIDTH / 16; c++) {
#pragma unroll
    for (int n = 0; n < 2; n++) {
      out.at[c].at[n][2 * row] *= factor;
      out.at[c].at[n][2 * row + 1] *= factor;
    }
  }
}

// Lets 16 keys pass, of which those from `keys` on are unseen, and with `causal` those after the query.
// query, key: numbers of the warp's first query and of the first of these keys.
template <int WIDTH, int TILES, bool MASKED>
DEVICE void step(
    Attended<WIDTH, TILES>& state, const Kept<WIDTH> q[TILES], const Bf16* k_group,
    const Bf16* v_group, int query, int key, int keys, bool causal, float to_exponent) {
  Square s[TILES] = {};
  multiply_rows<WIDTH, TILES>(s, q, k_group);
  float largest[TILES][2];
  bool grown = false;
#pragma unroll
  for (int m = 0; m < TILES; m++) {
#pragma unroll
    for (int r = 0; r < 2; r++) {
      float row_largest = -INFINITY_F32;
#pragma unroll
      for (int n = 0; n < 4; n++) {
        float& score = s[m].at[n / 2][2 * r + n % 2];
        if (MASKED) {
          int at_key = key + n / 2 * 8 + lane() % 4 * 2 + n % 2;
          int at_query = query + 16 * m + 8 * r + lane() / 4;
          score = at_key < keys && !(causal && at_key > at_query) ? score : -INFINITY_F32;
        }
        row_largest = fmaxf(row_largest, score);
      }
      largest[m][r] = row_largest;
      grown |= (row_largest - state.softmax[m].max[r]) * to_exponent > HEADROOM;
    }
  }
  if (warp_any(grown)) {  // always at key 0, where the maximum is still -infinity
#pragma unroll
    for (int m = 0; m < TILES; m++) {
#pragma unroll
      for (int r = 0; r < 2; r++) {
        Softmax& row = state.softmax[m];
        float max = fmaxf(row.max[r], row_max(largest[m][r]));
        float shrink = approximate_exp2((row.max[r] - max) * to_exponent);
        row.max[r] = max;
        row.sum[r] *= shrink;
        scale_row(state.out[m], r, shrink);
      }
    }
  }
  unsigned p[TILES][4];
#pragma unroll
  for (int m = 0; m < TILES; m++) {
#pragma unroll
    for (int r = 0; r < 2; r++) {
      Softmax& row = state.softmax[m];
      // Of huge scores, whose neighbours are 32 powers of 2 apart or more, only the largest counts. They
      // keep their own scale, for a product's rounding could pass 2^127, the difference's cannot.
      float factor = fabsf(row.max[r] * to_exponent) > ENORMOUS ? 1.0f : to_exponent;
      float shift = row.max[r] * factor;
#pragma unroll
      for (int n = 0; n < 4; n++) {
        float& score = s[m].at[n / 2][2 * r + n % 2];
        score = approximate_exp2(score * factor - shift);
        row.sum[r] += score;
      }
    }
    as_left(p[m], s[m]);
  }
  gather<WIDTH, TILES>(state.out, p, v_group);
}

template <int WIDTH, int TILES>
DEVICE void attend(
    Bf16* shared, const Bf16* q, long long q_stride, const Bf16* k, long long k_stride,
    const Bf16* v, long long v_stride, Bf16* out, long long out_stride, float* lse, int heads,
    int queries, int keys, int head_size, int causal, float scale) {
  constexpr int ROWS = 16 * TILES;  // queries of a warp
  Task task = task_of_block(queries, warps() * ROWS, heads, causal != 0);
  Head<const Bf16> k_head = head_of(k, k_stride, task, keys, head_size);
  Head<const Bf16> v_head = head_of(v, v_stride, task, keys, head_size);
  int query = task.first + warp() * ROWS;
  bool active = query < queries;
  int block_end = task.first + warps() * ROWS;
  int end = causal != 0 && block_end < keys ? block_end : keys;
  int own_end = causal != 0 && query + ROWS < keys ? query + ROWS : keys;
  int unmasked_end = causal != 0 && query < keys ? query + 1 : keys;
  float to_exponent = scale * LOG2_E;

  Attended<WIDTH, TILES> state = {};
#pragma unroll
  for (int m = 0; m < TILES; m++) {
    state.softmax[m].max[0] = -INFINITY_F32;
    state.softmax[m].max[1] = -INFINITY_F32;
  }
  Kept<WIDTH> kept[TILES];

  // The second pair of tiles holds the queries until they are in registers.
  Bf16* q_tile = shared + 2 * TILE<WIDTH>;
  begin_tiles<WIDTH>(q_tile, 0, {head_of(q, q_stride, task, queries, head_size)}, task.first,
                     warps() * ROWS);
  begin_tiles<WIDTH>(shared, TILE<WIDTH>, {k_head, v_head}, 0, rows_of_tile(0, end));
  copy_async_commit();
  for (int first = 0; first < end; first += PASSING) {
    int odd = first / PASSING % 2;
    copy_async_wait<0>();
    block_barrier();
    if (first == 0) {
#pragma unroll
      for (int m = 0; m < TILES; m++) {
        load_kept(kept[m], q_tile + (warp() * ROWS + 16 * m) * STRIDE<WIDTH>);
      }
      block_barrier();
    }
    int next = first + PASSING;
    if (next < end) {
      begin_tiles<WIDTH>(shared + (1 - odd) * 2 * TILE<WIDTH>, TILE<WIDTH>, {k_head, v_head}, next,
                         rows_of_tile(next, end));
    }
    copy_async_commit();
    int stop = next < own_end ? next : own_end;
    const Bf16* k_group = shared + odd * 2 * TILE<WIDTH>;
    for (int key = first; active && key < stop; key += GROUP) {
      const Bf16* v_group = k_group + TILE<WIDTH>;
      if (key + GROUP <= unmasked_end) {
        step<WIDTH, TILES, false>(state, kept, k_group, v_group, query, key, keys, false,
                                  to_exponent);
      } else {
        step<WIDTH, TILES, true>(state, kept, k_group, v_group, query, key, keys, causal != 0,
                                 to_exponent);
      }
      k_group += GROUP * STRIDE<WIDTH>;
    }
  }

  block_barrier();  // all tiles are read: their memory now takes the output
  if (!active) {
    return;
  }
  Head<Bf16> out_head = head_of(out, out_stride, task, queries, head_size);
#pragma unroll
  for (int m = 0; m < TILES; m++) {
    Softmax& rows = state.softmax[m];
    float sum = row_sum(rows.sum[0]);
    float sum8 = row_sum(rows.sum[1]);
    int at_query = query + 16 * m;
    store_rows(out_head, at_query, state.out[m], 1.0f / sum, 1.0f / sum8,
               shared + warp() * 16 * STRIDE<WIDTH>);
    if (lse != nullptr && lane() % 4 == 0) {
      float* to = lse + (task.sequence * heads + task.head) * queries;
      at_query += lane() / 4;
      if (at_query < queries) {
        to[at_query] = rows.max[0] * scale + logf(sum);
      }
      if (at_query + 8 < queries) {
        to[at_query + 8] = rows.max[1] * scale + logf(sum8);
      }
    }
  }
}

KERNEL attention_bf16_forward_32(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, Bf16* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  attend<32, 2>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
                keys, head_size, causal, scale);
}

KERNEL attention_bf16_forward_64(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, Bf16* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  attend<64, 2>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
                keys, head_size, causal, scale);
}

KERNEL attention_bf16_forward_80(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, Bf16* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  attend<80, 2>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
                keys, head_size, causal, scale);
}

KERNEL attention_bf16_forward_96(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, Bf16* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  attend<96, 1>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
                keys, head_size, causal, scale);
}

KERNEL attention_bf16_forward_128(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, Bf16* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(Bf16, shared);
  attend<128, 1>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
                keys, head_size, causal, scale);
}
