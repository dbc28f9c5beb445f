// What follows a matrix product, GemmOps' Epilogue; the product itself is cuBLAS's.
//
//   z = product + bias      kept in preActivation if given
//   c = activation(z) + residual
//
// product, preActivation, c (batch, rows, columns) of one type, float or bf16, each with a row stride
// and a batch stride in elements; product may be preActivation or c, and so may residual be c: each
// element is read before it is written. bias (columns) and residual are both float, or both of c's type.
// activation: 0 none, 1 QuickGELU, 2 GELU by erf.
//
// Launch: a thread takes 16 bytes of a row's columns in four rows (float: two), whose loads are under way
// together; its bias is read once. Up to 256 threads a block, in whole warps, no more than a row needs; grid
// x: as many blocks as a row needs, y: a block for as many rows as a thread takes, up to 65,535 (rows beyond
// are taken by the grid's height), the last rows first, z: the batch. Rows not aligned to 16 bytes go element
// by element in the same launch.
//
// Bytes that must move, an element: the product is read and c written, 8 for float and 4 for bf16;
// preActivation and residual add one access each. cuBLASLt adds a bias for nothing where it can, and with it a
// residual, in place or apart, for the bytes of reading it: this kernel then does not run at all. At 4.3 TB/s
// the activation of 64 images of ViT-L/14 in bf16, 67.4 M elements, takes no less than 63 us, and 94 us when
// z is kept.
#include "common/activation.cuh"
#include "common/packet.cuh"
#include "common/vector.cuh"

// Rows whose packets a thread loads together: of float fewer, since a residual doubles them.
template <typename T>
constexpr int ROWS = sizeof(T) == 4 ? 2 : 4;

template <int activation>
DEVICE float activated(float z) {
  return activation == 1 ? quick_gelu(z) : activation == 2 ? gelu(z) : z;
}

// One matrix of the batch: where its rows start, and how far apart they lie.
template <typename T, typename V>
struct Matrices {
  const T* product;
  long long product_stride;
  const V* bias;
  T* kept;
  long long kept_stride;
  const V* residual;
  long long residual_stride;
  T* c;
  long long c_stride;
};

// Columns from `column` on, a packet of them, of rows first to first + ROWS - 1. The residual of a float
// c, the residual stream, is loaded with the product; that of a bf16 c only when it is added, since
// nothing in a model has one and its registers would halve the threads of the activation.
template <typename T, typename V, int activation>
DEVICE void packets(
    const Matrices<T, V>& m, long long first, long long rows, int column,
    const float (&bias)[Packet<T>::COUNT]) {
  constexpr int COUNT = Packet<T>::COUNT;
  Packet<T> in[ROWS<T>];
  constexpr bool EARLY = COUNT == 4;
  Float4 early[EARLY ? ROWS<T> : 1];
#pragma unroll
  for (int r = 0; r < ROWS<T>; r++) {
    long long row = first + r;
    if (row < rows) {
      in[r] = load_packet(m.product + row * m.product_stride + column, 0);
    }
    if (EARLY && row < rows && m.residual != nullptr) {
      early[EARLY ? r : 0] = load4(m.residual + row * m.residual_stride + column);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS<T>; r++) {
    long long row = first + r;
    if (row >= rows) {
      break;
    }
    float v[COUNT];
    unpack(in[r], v);
    for (int n = 0; n < COUNT; n++) {
      v[n] += bias[n];
    }
    if (m.kept != nullptr) {
      store_packet(m.kept + row * m.kept_stride + column, 0, pack(v));
    }
    for (int n = 0; n < COUNT; n++) {
      v[n] = activated<activation>(v[n]);
    }
    if (m.residual != nullptr) {
      for (int q = 0; q < COUNT; q += 4) {
        Float4 residual =
            EARLY ? early[EARLY ? r : 0] : load4(m.residual + row * m.residual_stride + column + q);
        v[q] += residual.x;
        v[q + 1] += residual.y;
        v[q + 2] += residual.z;
        v[q + 3] += residual.w;
      }
    }
    store_packet(m.c + row * m.c_stride + column, 0, pack(v));
  }
}

template <typename T, typename V, int activation>
DEVICE void element(const Matrices<T, V>& m, long long row, int column) {
  float z = to_float(m.product[row * m.product_stride + column]);
  if (m.bias != nullptr) {
    z += to_float(m.bias[column]);
  }
  if (m.kept != nullptr) {
    m.kept[row * m.kept_stride + column] = from_float<T>(z);
  }
  float y = activated<activation>(z);
  if (m.residual != nullptr) {
    y += to_float(m.residual[row * m.residual_stride + column]);
  }
  m.c[row * m.c_stride + column] = from_float<T>(y);
}

template <typename T, typename V, int activation>
DEVICE void tile(const Matrices<T, V>& m, long long rows, int columns) {
  constexpr int COUNT = Packet<T>::COUNT;
  long long start = (block() * blockDim.x + threadIdx.x) * COUNT;
  if (start >= columns) {
    return;
  }
  int column = static_cast<int>(start);
  long long start_row = (gridDim.y - 1 - blockIdx.y) * ROWS<T>;  // as block_from_last has it
  long long step = static_cast<long long>(gridDim.y) * ROWS<T>;
  bool wide = columns % COUNT == 0 && has_packets(m.product, m.product_stride) &&
              has_packets(m.c, m.c_stride) && has_packets(m.kept, m.kept_stride) &&
              is_wide(m.residual, m.residual_stride);
  if (wide) {
    float bias[COUNT];
    for (int n = 0; n < COUNT; n++) {
      bias[n] = m.bias == nullptr ? 0.0f : to_float(m.bias[column + n]);
    }
    for (long long first = start_row; first < rows; first += step) {
      packets<T, V, activation>(m, first, rows, column, bias);
    }
  } else {
    int end = columns - column < COUNT ? columns : column + COUNT;
    for (long long first = start_row; first < rows; first += step) {
#pragma unroll 1
      for (long long row = first; row < first + ROWS<T> && row < rows; row++) {
#pragma unroll 1
        for (int i = column; i < end; i++) {
          element<T, V, activation>(m, row, i);
        }
      }
    }
  }
}

template <typename T, typename V>
DEVICE void epilogue(
    const T* product, long long product_stride, long long product_batch, const V* bias, T* kept,
    long long kept_stride, long long kept_batch, const V* residual, long long residual_stride,
    long long residual_batch, T* c, long long c_stride, long long c_batch, int activation,
    long long rows, int columns) {
  long long batch = blockIdx.z;
  Matrices<T, V> m = {
      product + batch * product_batch,
      product_stride,
      bias,
      kept == nullptr ? nullptr : kept + batch * kept_batch,
      kept_stride,
      residual == nullptr ? nullptr : residual + batch * residual_batch,
      residual_stride,
      c + batch * c_batch,
      c_stride};
  if (activation == 1) {
    tile<T, V, 1>(m, rows, columns);
  } else if (activation == 2) {
    tile<T, V, 2>(m, rows, columns);
  } else {
    tile<T, V, 0>(m, rows, columns);
  }
}

KERNEL BLOCK_OF(256) gemm_epilogue_f32(
    const float* product, long long product_stride, long long product_batch, const float* bias, float* kept,
    long long kept_stride, long long kept_batch, const float* residual, long long residual_stride,
    long long residual_batch, float* c, long long c_stride, long long c_batch, int activation,
    long long rows, int columns) {
  epilogue(product, product_stride, product_batch, bias, kept, kept_stride, kept_batch, residual,
           residual_stride, residual_batch, c, c_stride, c_batch, activation, rows, columns);
}

KERNEL BLOCK_OF(256) gemm_epilogue_bf16(
    const Bf16* product, long long product_stride, long long product_batch, const Bf16* bias, Bf16* kept,
    long long kept_stride, long long kept_batch, const Bf16* residual, long long residual_stride,
    long long residual_batch, Bf16* c, long long c_stride, long long c_batch, int activation,
    long long rows, int columns) {
  epilogue(product, product_stride, product_batch, bias, kept, kept_stride, kept_batch, residual,
           residual_stride, residual_batch, c, c_stride, c_batch, activation, rows, columns);
}

// bf16 matrices, float bias and residual.
KERNEL BLOCK_OF(256) gemm_epilogue_bf16_f32(
    const Bf16* product, long long product_stride, long long product_batch, const float* bias, Bf16* kept,
    long long kept_stride, long long kept_batch, const float* residual, long long residual_stride,
    long long residual_batch, Bf16* c, long long c_stride, long long c_batch, int activation,
    long long rows, int columns) {
  epilogue(product, product_stride, product_batch, bias, kept, kept_stride, kept_batch, residual,
           residual_stride, residual_batch, c, c_stride, c_batch, activation, rows, columns);
}
