// Attention of any head size, token count, stride and alignment: AttentionOps.forward, in float32
// arithmetic on float32 or bf16 tensors.
//
//   S = q k^T / sqrt d      P = softmax(S)      out = P v      lse = log of the row sums of exp(S)
//
// q, out (B Tq, H d), k, v (B Tk, H d) by rows with strides; lse (B, H, Tq) or null. Causal: query i
// sees keys 0..i. bf16 tensors that the tensor cores can take go to attention_bf16.cu instead.
//
// A block keeps a tile of queries (64, or 32 where the head is larger than 64) and lets the keys pass
// by, 32 at a time, with an online softmax: a row's maximum m, its sum l and its output so far are
// rescaled by exp(m_old - m_new) when a larger score comes. No score leaves the chip. Rows of S belong
// to half a warp each, so the softmax needs shuffles only, and P goes through shared memory from and
// to the same warp.
//
// Launch: 256 threads; grid = tiles of queries x chunks of columns x H x B, tiles fastest, so that
// neighbours read the same keys from L2. WIDTH is 64 for heads up to 64, else 128; heads larger than
// 128 take ceil(d / 128) blocks that each compute all scores and their own 128 columns of out.
//
// Floor: q, k, v and out move once, 4 B T H d elements, but arithmetic rules: 4 B H Tq Tk d flops
// (half of it when causal) at the 60 TFLOP/s that an H100 has without tensor cores: ViT-L/14's layer,
// 16 heads of 64 and 257 tokens, takes no less than 4.5 us an image. A step of 16 products needs three
// wavefronts of shared memory and four cycles of arithmetic, so the latter bounds it.
#include "common/attention_tile.cuh"

constexpr float LOG2_E = 1.4426950408889634f;

// The largest of the 16 lanes that share rows; also their sum.
DEVICE float row_max(float value) {
#pragma unroll
  for (int mask = SIDE / 2; mask > 0; mask /= 2) {
    value = fmaxf(value, shuffle_xor(value, mask));
  }
  return value;
}

DEVICE float row_sum(float value) {
#pragma unroll
  for (int mask = SIDE / 2; mask > 0; mask /= 2) {
    value += shuffle_xor(value, mask);
  }
  return value;
}

template <int WIDTH, typename T>
DEVICE void attend(
    float* shared, const T* q, long long q_stride, const T* k, long long k_stride, const T* v,
    long long v_stride, T* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  constexpr int OWN = ROWS<WIDTH>;
  constexpr int KEPT = SIDE * OWN;
  float* q_tile = shared;
  float* k_tile = q_tile + KEPT * TILE_STRIDE<WIDTH>;
  float* v_tile = k_tile + LOOKED * TILE_STRIDE<WIDTH>;
  float* p_tile = v_tile + LOOKED * TILE_STRIDE<WIDTH>;

  Task task = task_of_block<WIDTH>(queries, heads, head_size);
  Head<const T> q_head = head_of(q, q_stride, task, queries, head_size);
  Head<const T> k_head = head_of(k, k_stride, task, keys, head_size);
  Head<const T> v_head = head_of(v, v_stride, task, keys, head_size);
  int first_query = task.tile * KEPT;
  int own_query = first_query + tile_y() * OWN;
  bool active = first_query + warp() * 2 * OWN < queries;
  int end = causal != 0 && first_query + KEPT < keys ? first_query + KEPT : keys;
  float to_exponent = scale * LOG2_E;

  float m[OWN];
  float l[OWN];
  Gathered<WIDTH> o;
  clear(o);
#pragma unroll
  for (int i = 0; i < OWN; i++) {
    m[i] = -INFINITY_F32;
    l[i] = 0.0f;
  }
  for (int first = 0; first < end; first += LOOKED) {
    float s[OWN][MINE] = {};
    for (int chunk = 0; chunk < task.chunks; chunk++) {
      block_barrier();  // the tiles' last readers are done
      if (first == 0 || task.chunks > 1) {
        load_tile<WIDTH>(q_tile, q_head, first_query, KEPT, chunk);
      }
      load_tile<WIDTH>(k_tile, k_head, first, LOOKED, chunk);
      if (chunk == 0) {
        load_tile<WIDTH>(v_tile, v_head, first, LOOKED, task.chunk);
      }
      block_barrier();
      if (active) {
        int columns = head_size - chunk * WIDTH;
        multiply_rows<WIDTH>(s, q_tile, k_tile, columns < WIDTH ? columns : WIDTH);
      }
    }
    if (!active) {
      continue;
    }
#pragma unroll
    for (int i = 0; i < OWN; i++) {
      float largest = m[i];
#pragma unroll
      for (int j = 0; j < MINE; j++) {
        int key = first + tile_x() + SIDE * j;
        if (key >= keys || (causal != 0 && key > own_query + i)) {
          s[i][j] = -INFINITY_F32;
        }
        largest = fmaxf(largest, s[i][j]);
      }
      largest = row_max(largest);  // finite from the first tile on: every row sees key 0
      float shrink = exp2f((m[i] - largest) * to_exponent);
      m[i] = largest;
      float sum = 0.0f;
#pragma unroll
      for (int j = 0; j < MINE; j++) {
        float p = exp2f((s[i][j] - largest) * to_exponent);
        sum += p;
        p_tile[(tile_y() * OWN + i) * LOOKED_STRIDE + tile_x() + SIDE * j] = p;
      }
      l[i] = l[i] * shrink + row_sum(sum);
#pragma unroll
      for (int n = 0; n < WIDTH / 64; n++) {
        Float4 before = o.at[i][n];
        o.at[i][n] = Float4{before.x * shrink, before.y * shrink, before.z * shrink,
                            before.w * shrink};
      }
    }
    warp_barrier();  // a row of P is read by the half warp that wrote it
    gather<WIDTH>(o, p_tile, v_tile);
    warp_barrier();
  }

  Head<T> out_head = head_of(out, out_stride, task, queries, head_size);
#pragma unroll
  for (int i = 0; i < OWN; i++) {
    int query = own_query + i;
    if (query < queries) {
      store_row<WIDTH>(out_head, query, task.chunk, o, i, 1.0f / l[i]);
      if (lse != nullptr && task.chunk == 0 && tile_x() == 0) {
        lse[(task.sequence * heads + task.head) * queries + query] = m[i] * scale + logf(l[i]);
      }
    }
  }
}

KERNEL attention_forward_f32_64(
    const float* q, long long q_stride, const float* k, long long k_stride, const float* v,
    long long v_stride, float* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(float, shared);
  attend<64>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
             keys, head_size, causal, scale);
}

KERNEL attention_forward_f32_128(
    const float* q, long long q_stride, const float* k, long long k_stride, const float* v,
    long long v_stride, float* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(float, shared);
  attend<128>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
             keys, head_size, causal, scale);
}

KERNEL attention_forward_bf16_64(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, Bf16* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(float, shared);
  attend<64>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
             keys, head_size, causal, scale);
}

KERNEL attention_forward_bf16_128(
    const Bf16* q, long long q_stride, const Bf16* k, long long k_stride, const Bf16* v,
    long long v_stride, Bf16* out, long long out_stride, float* lse, int heads, int queries, int keys,
    int head_size, int causal, float scale) {
  SHARED_DYNAMIC(float, shared);
  attend<128>(shared, q, q_stride, k, k_stride, v, v_stride, out, out_stride, lse, heads, queries,
             keys, head_size, causal, scale);
}
