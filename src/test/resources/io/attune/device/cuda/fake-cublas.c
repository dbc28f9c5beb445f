// cuBLAS and cuBLASLt on host memory, as far as this project calls them: what a provider passes is
// computed plainly, so that a wrong order of arguments shows in the result. Products go through
// fake-driver.c's queue, which keeps them for later while a stream is captured.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15, R_32F = 0, R_16BF = 14, COMPUTE_32F = 68, TF32 = 77 };

static void* const HANDLE = (void*)0x1234;
static void* workspace;

static float bf16(float value) {  // to nearest, ties to even
  uint32_t bits;
  memcpy(&bits, &value, 4);
  bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000u;
  memcpy(&value, &bits, 4);
  return value;
}
static float load(uint64_t matrix, int type, int64_t i) {
  if (type == R_32F) return ((float*)matrix)[i];
  uint32_t bits = (uint32_t)((uint16_t*)matrix)[i] << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
static void store(uint64_t matrix, int type, int64_t i, float value) {
  if (type == R_32F) { ((float*)matrix)[i] = value; return; }
  value = bf16(value);
  uint32_t bits;
  memcpy(&bits, &value, 4);
  ((uint16_t*)matrix)[i] = bits >> 16;
}

typedef struct {
  int ta, tb;
  int64_t m, n, k;
  float alpha, beta;
  uint64_t a, b, c, d, bias;
  int at, bt, ct;  // d has c's type
  int64_t lda, ldb, ldc, ldd;
} Product;

static int compute(void* data) {
  Product p = *(Product*)data;
  for (int64_t j = 0; j < p.n; j++)
    for (int64_t i = 0; i < p.m; i++) {
      double sum = 0;
      for (int64_t h = 0; h < p.k; h++)
        sum += (double)load(p.a, p.at, p.ta ? h + i * p.lda : i + h * p.lda) *
               load(p.b, p.bt, p.tb ? j + h * p.ldb : h + j * p.ldb);
      float kept = p.beta == 0 ? 0 : p.beta * load(p.c, p.ct, i + j * p.ldc);
      store(p.d, p.ct, i + j * p.ldd, p.alpha * sum + kept + (p.bias ? load(p.bias, p.ct, i) : 0));
    }
  return SUCCESS;
}

static int queue(Product p) {
  if (p.lda < (p.ta ? p.k : p.m) || p.ldb < (p.tb ? p.n : p.k) || p.ldc < p.m || p.ldd < p.m)
    return INVALID_VALUE;
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY);
  int (*fake_queue)(int (*)(void*), const void*, size_t) = dlsym(driver, "fake_queue");
  return fake_queue(compute, &p, sizeof p);
}

int cublasCreate_v2(void** handle) { return *handle = HANDLE, SUCCESS; }
int cublasDestroy_v2(void* handle) { return handle == HANDLE ? SUCCESS : INVALID_VALUE; }
int cublasGetVersion_v2(void* handle, int* version) { return *version = VERSION, SUCCESS; }
int cublasGetProperty(int part, int* value) {
  return *value = part == 0 ? VERSION / 10000 : part == 1 ? VERSION / 100 % 100 : VERSION % 100, SUCCESS;
}
int cublasSetStream_v2(void* handle, void* stream) { return workspace = NULL, stream ? SUCCESS : INVALID_VALUE; }
int cublasSetWorkspace_v2(void* handle, void* address, size_t bytes) {
  return workspace = address, bytes == 32 << 20 ? SUCCESS : INVALID_VALUE;
}
int cublasSetMathMode(void* handle, int mode) { return mode == 0 ? SUCCESS : INVALID_VALUE; }
const char* cublasGetStatusName(int status) { return status == INVALID_VALUE ? "CUBLAS_STATUS_INVALID_VALUE" : "other"; }
const char* cublasGetStatusString(int status) { return "as cuBLAS says it"; }
const char* cublasLtGetStatusName(int status) { return cublasGetStatusName(status); }
int cublasGetPointerMode_v2(void* handle, int* mode) { return *mode = 0, SUCCESS; }

int cublasGemmStridedBatchedEx(void* handle, int ta, int tb, int m, int n, int k, const void* alpha,
                               uint64_t a, int at, int lda, long long sa, uint64_t b, int bt, int ldb, long long sb,
                               const void* beta, uint64_t c, int ct, int ldc, long long sc, int count, int compute,
                               int algorithm) {
  if (handle != HANDLE || !workspace || at != bt || algorithm != -1) return INVALID_VALUE;
  if (compute != COMPUTE_32F && compute != TF32) return NOT_SUPPORTED;
  int operand = at == R_32F ? 4 : 2, result = ct == R_32F ? 4 : 2, status = SUCCESS;
  for (int i = 0; i < count && status == SUCCESS; i++)
    status = queue((Product){ta, tb, m, n, k, *(float*)alpha, *(float*)beta, a + i * sa * operand,
                             b + i * sb * operand, c + i * sc * result, c + i * sc * result, 0, at, bt, ct, lda,
                             ldb, ldc, ldc});
  return status;
}
int cublasGemmEx(void* handle, int ta, int tb, int m, int n, int k, const void* alpha, uint64_t a, int at, int lda,
                 uint64_t b, int bt, int ldb, const void* beta, uint64_t c, int ct, int ldc, int compute,
                 int algorithm) {
  return cublasGemmStridedBatchedEx(handle, ta, tb, m, n, k, alpha, a, at, lda, 0, b, bt, ldb, 0, beta, c, ct, ldc,
                                    0, 1, compute, algorithm);
}

typedef struct { int compute, scale, transpose[2], epilogue; uint64_t bias; } Operation;
typedef struct { int type; uint64_t rows, columns; int64_t leading; } Layout;
typedef struct { uint64_t workspace; unsigned alignment[4]; } Preference;
typedef struct { uint64_t chosen[8]; size_t workspace; int state; float waves; int reserved[4]; } Result;

int cublasLtCreate(void** handle) { return *handle = HANDLE, SUCCESS; }
int cublasLtDestroy(void* handle) { return handle == HANDLE ? SUCCESS : INVALID_VALUE; }
int cublasLtMatmulDescCreate(Operation** made, int compute, int scale) {
  *made = calloc(1, sizeof(Operation));
  (*made)->compute = compute;
  return scale == R_32F ? SUCCESS : INVALID_VALUE;
}
int cublasLtMatmulDescDestroy(Operation* operation) { return free(operation), SUCCESS; }
int cublasLtMatmulDescSetAttribute(Operation* operation, int attribute, const void* value, size_t bytes) {
  if (bytes != (attribute == 8 ? 8 : 4)) return INVALID_VALUE;
  switch (attribute) {
    case 3: case 4: operation->transpose[attribute - 3] = *(int*)value; return SUCCESS;
    case 7: operation->epilogue = *(int*)value; return SUCCESS;
    case 8: operation->bias = *(uint64_t*)value; return SUCCESS;
  }
  return INVALID_VALUE;
}
int cublasLtMatrixLayoutCreate(Layout** made, int type, uint64_t rows, uint64_t columns, int64_t leading) {
  *made = malloc(sizeof(Layout));
  **made = (Layout){type, rows, columns, leading};
  return SUCCESS;
}
int cublasLtMatrixLayoutDestroy(Layout* layout) { return free(layout), SUCCESS; }
int cublasLtMatmulPreferenceCreate(Preference** made) { return *made = calloc(1, sizeof(Preference)), SUCCESS; }
int cublasLtMatmulPreferenceDestroy(Preference* preference) { return free(preference), SUCCESS; }
int cublasLtMatmulPreferenceSetAttribute(Preference* preference, int attribute, const void* value, size_t bytes) {
  if (attribute == 1 && bytes == 8) return preference->workspace = *(uint64_t*)value, SUCCESS;
  if (attribute < 5 || attribute > 8 || bytes != 4) return INVALID_VALUE;
  return preference->alignment[attribute - 5] = *(unsigned*)value, SUCCESS;
}
int cublasLtMatmulAlgoGetHeuristic(void* handle, Operation* operation, Layout* a, Layout* b, Layout* c, Layout* d,
                                   Preference* preference, int wanted, Result* results, int* found) {
  if (!getenv("FAKE_KERNELS"))
    fprintf(stderr, "heuristic for %dx%d, aligned to %u\n", (int)c->rows, (int)c->columns, preference->alignment[3]);
  if (operation->epilogue != 4 || (c->leading == d->leading) != (c == d) || wanted != 1 || preference->workspace != 32 << 20) return INVALID_VALUE;
  *found = 0;
  if (a->type != b->type || a->type == R_32F && c->type != R_32F) return NOT_SUPPORTED;
  if (preference->alignment[3] < 4) return NOT_SUPPORTED;
  memset(results, 0, sizeof(Result));
  results->chosen[7] = 0xA15C;
  *found = 1;
  return SUCCESS;
}
int cublasLtMatmul(void* handle, Operation* operation, const float* alpha, uint64_t a, Layout* la, uint64_t b,
                   Layout* lb, const float* beta, uint64_t c, Layout* lc, uint64_t d, Layout* ld, const uint64_t* algo,
                   void* space, size_t bytes, void* stream) {
  int* t = operation->transpose;
  if (algo[7] != 0xA15C || (c == d && lc != ld) || !space || bytes != 32 << 20 || !stream) return INVALID_VALUE;
  uint64_t m = t[0] ? la->columns : la->rows, k = t[0] ? la->rows : la->columns;
  uint64_t n = t[1] ? lb->rows : lb->columns;
  if (k != (t[1] ? lb->columns : lb->rows) || m != ld->rows || n != ld->columns) return INVALID_VALUE;
  return queue((Product){t[0], t[1], m, n, k, *alpha, *beta, a, b, c, d, operation->bias, la->type, lb->type,
                         ld->type, la->leading, lb->leading, lc->leading, ld->leading});
}
