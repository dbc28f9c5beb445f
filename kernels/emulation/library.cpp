// The library's functions, one call at a time. Those that return int return 0, or 1 with the reason in
// attune_error, of this thread's last call.
#include <stdio.h>
#include <string.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "block.h"
#include "kernel.h"
#include "memory.h"
#include "order.h"
#include "product.h"
#include "shared.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace emulation {
namespace {

// Made when the first kernel is added, which may be before this file's own variables are.
std::vector<Kernel>& kernels() {
  static std::vector<Kernel> all;
  return all;
}

std::mutex one_at_a_time;

// Null pointers are for the kernel to judge; others must lead to device memory.
bool check_pointers(const Kernel& kernel, void** arguments) {
  for (int i = 0; kernel.signature[i] != '\0'; i++) {
    if (kernel.signature[i] != 'p') {
      continue;
    }
    const void* address = *static_cast<void**>(arguments[i]);
    char what[200];
    snprintf(what, sizeof what, "kernel %s, argument %d", kernel.name, i);
    if (address != nullptr && !check_pointer(address, what)) {
      return false;
    }
  }
  return true;
}

long long extent(int rows, int columns, long long leading) {
  return rows == 0 || columns == 0 ? 0 : (columns - 1) * leading + rows;
}

}  // namespace

void add(const Kernel& kernel) { kernels().push_back(kernel); }

}  // namespace emulation

using namespace emulation;

EXPORT int attune_kernel_count() { return static_cast<int>(kernels().size()); }
EXPORT const char* attune_kernel_family(int i) { return kernels()[static_cast<size_t>(i)].family; }
EXPORT const char* attune_kernel_name(int i) { return kernels()[static_cast<size_t>(i)].name; }
EXPORT const char* attune_kernel_signature(int i) {
  return kernels()[static_cast<size_t>(i)].signature;
}

EXPORT const char* attune_error() { return error(); }

EXPORT void attune_seed(unsigned long long seed) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  set_seed(seed);
}

EXPORT void* attune_allocate(size_t bytes) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  return allocate(bytes);
}

EXPORT int attune_free(void* address) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  return release(address) ? 0 : 1;
}

EXPORT size_t attune_allocated() {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  return allocated_bytes();
}

EXPORT int attune_copy_in(void* target, const void* host, size_t bytes) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  if (!check_range(target, bytes, "target of a copy from the host")) {
    return 1;
  }
  memcpy(target, host, bytes);
  return 0;
}

EXPORT int attune_copy_out(void* host, const void* source, size_t bytes) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  if (!check_range(source, bytes, "source of a copy to the host")) {
    return 1;
  }
  memcpy(host, source, bytes);
  return 0;
}

EXPORT int attune_copy(void* target, const void* source, size_t bytes) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  if (!check_range(target, bytes, "target of a copy") ||
      !check_range(source, bytes, "source of a copy")) {
    return 1;
  }
  memmove(target, source, bytes);
  return 0;
}

EXPORT int attune_fill(void* target, int value, size_t bytes) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  if (!check_range(target, bytes, "target of a fill")) {
    return 1;
  }
  memset(target, value, bytes);
  return 0;
}

EXPORT int attune_launch(
    int index, int grid_x, int grid_y, int grid_z, int threads, int shared_bytes,
    int shared_limit, void** arguments) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  const Kernel& kernel = kernels()[static_cast<size_t>(index)];
  if (grid_x < 1 || grid_y < 1 || grid_z < 1 || grid_y > 65535 || grid_z > 65535 || threads < 1 ||
      threads > static_cast<int>(kernel.max_threads)) {
    set_error(
        "kernel %s: a grid of %d x %d x %d blocks of %d threads; it takes 1 to 65535 blocks in y and "
        "z and 1 to %u threads",
        kernel.name, grid_x, grid_y, grid_z, threads, kernel.max_threads);
    return 1;
  }
  if (shared_bytes < 0 || shared_bytes > shared_limit) {
    set_error(
        "kernel %s: %d bytes of dynamic shared memory, but only %d were allowed", kernel.name,
        shared_bytes, shared_limit);
    return 1;
  }
  Geometry geometry{
      {static_cast<unsigned>(grid_x), static_cast<unsigned>(grid_y),
       static_cast<unsigned>(grid_z)},
      static_cast<unsigned>(threads),
      static_cast<unsigned>(shared_bytes)};
  bool good = check_pointers(kernel, arguments) && run(kernel, geometry, arguments) &&
              check_pointers(kernel, arguments);
  return good ? 0 : 1;
}

// a, b, c and bias as cuBLAS has them; types 0 float, 1 bf16; strides in elements between matrices;
// tf32: whether floats may be rounded to it.
EXPORT int attune_multiply(
    int transpose_a, int transpose_b, int m, int n, int k, float alpha, char* a, int type_ab,
    int leading_a, long long stride_a, char* b, int leading_b, long long stride_b, float beta,
    char* c, int type_c, int leading_c, long long stride_c, char* bias, int count,
    int tf32) {
  std::lock_guard<std::mutex> lock(one_at_a_time);
  long long size_ab = type_ab == 1 ? 2 : 4;
  long long size_c = type_c == 1 ? 2 : 4;
  int rows_a = transpose_a ? k : m;
  int rows_b = transpose_b ? n : k;
  if (m < 0 || n < 0 || k < 0 || leading_a < std::max(1, rows_a) ||
      leading_b < std::max(1, rows_b) || leading_c < std::max(1, m)) {
    set_error(
        "matrix product of %d x %d x %d: leading dimensions %d, %d, %d are too small", m, n, k,
        leading_a, leading_b, leading_c);
    return 1;
  }
  if (m == 0 || n == 0) {
    return 0;
  }
  for (long long i = 0; i < count; i++) {
    Matrix of_a{a + i * stride_a * size_ab, type_ab == 1, leading_a};
    Matrix of_b{b + i * stride_b * size_ab, type_ab == 1, leading_b};
    Matrix of_c{c + i * stride_c * size_c, type_c == 1, leading_c};
    size_t bytes_a = static_cast<size_t>(extent(rows_a, transpose_a ? m : k, leading_a) * size_ab);
    size_t bytes_b = static_cast<size_t>(extent(rows_b, transpose_b ? k : n, leading_b) * size_ab);
    size_t bytes_c = static_cast<size_t>(extent(m, n, leading_c) * size_c);
    if (!check_range(of_a.data, bytes_a, "matrix a") ||
        !check_range(of_b.data, bytes_b, "matrix b") ||
        !check_range(of_c.data, bytes_c, "matrix c") ||
        (bias != nullptr && !check_range(bias, static_cast<size_t>(m * size_c), "bias"))) {
      return 1;
    }
    multiply(
        transpose_a != 0, transpose_b != 0, m, n, k, alpha, of_a, of_b, beta, of_c, bias,
        tf32 != 0);
  }
  return 0;
}
