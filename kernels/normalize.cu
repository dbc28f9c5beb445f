// Normalisation of rows (NormalizeOps), in float: to unit length, to probabilities, and back.
//
//   l2                 norm[r] = ||x[r]||            y[r] = x[r] / norm[r]
//   l2_backward        dx[r] = (dy[r] - y[r] (y[r] . dy[r])) / norm[r]
//   softmax            y[r] = e^(x[r] - max(x[r])) / sum
//   softmax_backward   dx[r] = y[r] (dy[r] - sum(dy[r] y[r]))
//
// x, y, dy, dx (rows, columns), each with a row stride in elements; norm (rows). y may be x in softmax,
// and dx may be dy. A row of zeros gives NaN in l2, as the formula does.
//
// Launch of l2 and l2_backward: one block a row, 128 to 1024 threads (a multiple of 32); grid = rows. An
// embedding row of 512 to 1024 floats is one or two 16-byte loads a thread; the second pass over a row
// finds it in L1. For many short rows a block idles at its two barriers, but others run meanwhile: an
// H100's SM holds sixteen blocks of 128.
// Launch of softmax and softmax_backward: up to 1,024 columns a warp a row, blocks of 256, grid = rows / 8
// rounded up; beyond, a block a row, a warp for each 1,024 columns begun, up to 512 threads. A row is
// read once, into registers; longer ones and those not aligned for groups of four are read again.
//
// Bytes that must move: l2 and softmax read x and write y: 8 rows columns, plus 4 rows for the norms;
// the backward passes read dy and y and write dx: 12 rows columns, plus 4 rows. At 4.3 TB/s 65,536 rows
// of 768 take no less than 94 us forward and 141 us backward.
#include "common/row.cuh"

// The sum of a[i] b[i] over the row, in every thread.
DEVICE float row_dot(const float* a, const float* b, int columns, bool wide, float* partial) {
  float sum = 0.0f;
  if (wide) {
    const Float4* a4 = reinterpret_cast<const Float4*>(a);
    const Float4* b4 = reinterpret_cast<const Float4*>(b);
    for (int i = threadIdx.x; i < columns / 4; i += blockDim.x) {
      Float4 u = a4[i];
      Float4 v = b4[i];
      sum += (u.x * v.x + u.y * v.y) + (u.z * v.z + u.w * v.w);
    }
  } else {
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
      sum += a[i] * b[i];
    }
  }
  return block_sum(sum, partial);
}

KERNEL normalize_l2_f32(
    const float* x, long long x_stride, float* y, long long y_stride, float* norm, int columns) {
  SHARED(float, partial, MOST_WARPS);
  const float* from = x + block() * x_stride;
  float* to = y + block() * y_stride;
  bool wide = columns % 4 == 0 && is_aligned16(from) && is_aligned16(to);

  float length = sqrtf(row_dot(from, from, columns, wide, partial));
  float scale = 1.0f / length;
  if (wide) {
    const Float4* from4 = reinterpret_cast<const Float4*>(from);
    Float4* to4 = reinterpret_cast<Float4*>(to);
    for (int i = threadIdx.x; i < columns / 4; i += blockDim.x) {
      Float4 v = from4[i];
      to4[i] = Float4{v.x * scale, v.y * scale, v.z * scale, v.w * scale};
    }
  } else {
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
      to[i] = from[i] * scale;
    }
  }
  if (norm != nullptr && threadIdx.x == 0) {
    norm[block()] = length;
  }
}

KERNEL normalize_l2_backward_f32(
    const float* dy, long long dy_stride, const float* y, long long y_stride, const float* norm,
    float* dx, long long dx_stride, int columns) {
  SHARED(float, partial, MOST_WARPS);
  const float* up = dy + block() * dy_stride;
  const float* unit = y + block() * y_stride;
  float* to = dx + block() * dx_stride;  // may be dy: each element is read before it is written
  bool wide = columns % 4 == 0 && is_aligned16(up) && is_aligned16(unit) && is_aligned16(to);

  float along = row_dot(up, unit, columns, wide, partial);
  float scale = 1.0f / norm[block()];
  if (wide) {
    const Float4* up4 = reinterpret_cast<const Float4*>(up);
    const Float4* unit4 = reinterpret_cast<const Float4*>(unit);
    Float4* to4 = reinterpret_cast<Float4*>(to);
    for (int i = threadIdx.x; i < columns / 4; i += blockDim.x) {
      Float4 d = up4[i];
      Float4 u = unit4[i];
      to4[i] = Float4{
          (d.x - u.x * along) * scale, (d.y - u.y * along) * scale,
          (d.z - u.z * along) * scale, (d.w - u.w * along) * scale};
    }
  } else {
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
      to[i] = (up[i] - unit[i] * along) * scale;
    }
  }
}

DEVICE float max4(Float4 v) { return fmaxf(fmaxf(v.x, v.y), fmaxf(v.z, v.w)); }

DEVICE float dot4(Float4 a, Float4 b) { return (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w); }

template <typename Team>
DEVICE void softmax_row(const float* x, float* y, int columns, bool held, float* partial) {
  float greatest = -INFINITY_F32;
  float sum[1] = {0.0f};
  if (held) {
    Float4 v[HELD];
    for_held<Team>(columns, [&](int n, int column) {
      v[n] = load4(x + column);
      greatest = fmaxf(greatest, max4(v[n]));
    });
    greatest = Team::greatest(greatest, partial);
    for_held<Team>(columns, [&](int n, int) {
      v[n] = Float4{expf(v[n].x - greatest), expf(v[n].y - greatest), expf(v[n].z - greatest),
                    expf(v[n].w - greatest)};
      sum[0] += (v[n].x + v[n].y) + (v[n].z + v[n].w);
    });
    Team::sums(sum, partial);
    float scale = 1.0f / sum[0];
    for_held<Team>(columns, [&](int n, int column) {
      store4(y + column, Float4{v[n].x * scale, v[n].y * scale, v[n].z * scale, v[n].w * scale});
    });
  } else {
    for_columns<Team>(columns, [&](int column) { greatest = fmaxf(greatest, x[column]); });
    greatest = Team::greatest(greatest, partial);
    for_columns<Team>(columns, [&](int column) { sum[0] += expf(x[column] - greatest); });
    Team::sums(sum, partial);
    float scale = 1.0f / sum[0];
    for_columns<Team>(columns, [&](int column) { y[column] = expf(x[column] - greatest) * scale; });
  }
}

template <typename Team>
DEVICE void softmax_backward_row(
    const float* dy, const float* y, float* dx, int columns, bool held, float* partial) {
  float sum[1] = {0.0f};
  if (held) {
    Float4 d[HELD];
    Float4 p[HELD];
    for_held<Team>(columns, [&](int n, int column) {
      d[n] = load4(dy + column);
      p[n] = load4(y + column);
    });
    for_held<Team>(columns, [&](int n, int) { sum[0] += dot4(d[n], p[n]); });
    Team::sums(sum, partial);
    for_held<Team>(columns, [&](int n, int column) {
      store4(dx + column, Float4{p[n].x * (d[n].x - sum[0]), p[n].y * (d[n].y - sum[0]),
                                 p[n].z * (d[n].z - sum[0]), p[n].w * (d[n].w - sum[0])});
    });
  } else {
    for_columns<Team>(columns, [&](int column) { sum[0] += dy[column] * y[column]; });
    Team::sums(sum, partial);
    for_columns<Team>(columns, [&](int column) { dx[column] = y[column] * (dy[column] - sum[0]); });
  }
}

template <typename Team>
DEVICE void softmax_of(
    const float* x, long long x_stride, float* y, long long y_stride, int rows, int columns,
    float* partial) {
  long long row = row_of(Team{});
  if (row < rows) {
    bool held = is_held<Team>(columns) && is_wide(x, x_stride) && is_wide(y, y_stride);
    softmax_row<Team>(x + row * x_stride, y + row * y_stride, columns, held, partial);
  }
}

template <typename Team>
DEVICE void softmax_backward_of(
    const float* dy, long long dy_stride, const float* y, long long y_stride, float* dx,
    long long dx_stride, int rows, int columns, float* partial) {
  long long row = row_of(Team{});
  if (row < rows) {
    bool held = is_held<Team>(columns) && is_wide(dy, dy_stride) && is_wide(y, y_stride) &&
                is_wide(dx, dx_stride);
    softmax_backward_row<Team>(
        dy + row * dy_stride, y + row * y_stride, dx + row * dx_stride, columns, held, partial);
  }
}

KERNEL BLOCK_OF(512) normalize_softmax_f32(
    const float* x, long long x_stride, float* y, long long y_stride, int rows, int columns) {
  SHARED(float, partial, MOST_WARPS);
  if (columns <= WARP_ROW) {
    softmax_of<WarpTeam>(x, x_stride, y, y_stride, rows, columns, partial);
  } else {
    softmax_of<BlockTeam>(x, x_stride, y, y_stride, rows, columns, partial);
  }
}

KERNEL BLOCK_OF(512) normalize_softmax_backward_f32(
    const float* dy, long long dy_stride, const float* y, long long y_stride, float* dx,
    long long dx_stride, int rows, int columns) {
  SHARED(float, partial, MOST_WARPS);
  if (columns <= WARP_ROW) {
    softmax_backward_of<WarpTeam>(
        dy, dy_stride, y, y_stride, dx, dx_stride, rows, columns, partial);
  } else {
    softmax_backward_of<BlockTeam>(
        dy, dy_stride, y, y_stride, dx, dx_stride, rows, columns, partial);
  }
}
