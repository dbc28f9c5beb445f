// A driver that keeps device memory on the host. By itself it runs no kernel, and writes to standard
// error what JCuda hands it, so that a test without a GPU sees what a real driver would be given. Where
// FAKE_KERNELS names libattune-emulated.so, that library's kernels and memory serve, in silence; what is
// queued runs at once, or is kept while a stream is captured.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG(...) (emulation ? 0 : (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr)))
#define CALL(type, name, ...) ((type(*)())dlsym(emulation, name))(__VA_ARGS__)
#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

enum { SUCCESS = 0, OUT_OF_MEMORY = 2, UNSUPPORTED_PTX_VERSION = 222, NOT_READY = 600, ILLEGAL_ADDRESS = 700 };

static int fault = SUCCESS;  // sticky, as a kernel's failure is
static int queries = 0;

static void* emulation;

typedef struct { int index, shared_limit; const char* signature; } Kernel;

// A piece of work with all that it needs; see cuLaunchKernel.
typedef struct { int (*run)(void*); size_t bytes; char data[600]; } Work;
typedef struct { int count; Work work[20000]; } Graph;

static Graph* captured;  // null while no stream is being captured

// The stand-in of cuBLAS queues its products here too.
int fake_queue(int (*run)(void*), const void* data, size_t bytes) {
  if (bytes > sizeof captured->work->data) abort();
  if (captured == NULL) {
    char copy[sizeof captured->work->data];
    return run(memcpy(copy, data, bytes));
  }
  if (captured->count == COUNT(captured->work)) abort();
  Work* work = &captured->work[captured->count++];
  work->run = run;
  memcpy(work->data, data, work->bytes = bytes);
  return SUCCESS;
}

static int emulated(int status) {
  if (status != 0) fprintf(stderr, "emulation: %s\n", CALL(const char*, "attune_error"));
  return status == 0 ? SUCCESS : ILLEGAL_ADDRESS;
}

int cuInit(unsigned flags) {
  if (getenv("FAKE_KERNELS") && !(emulation = dlopen(getenv("FAKE_KERNELS"), RTLD_NOW))) {
    fprintf(stderr, "%s\n", dlerror());
    abort();
  }
  return SUCCESS;
}
int cuDriverGetVersion(int* version) { return *version = 13000, SUCCESS; }
int cuDeviceGetCount(int* count) { return *count = getenv("FAKE_NO_CARD") ? 0 : 1, SUCCESS; }
int cuDeviceGet(int* device, int ordinal) { return *device = ordinal, SUCCESS; }
int cuDeviceGetName(char* name, int length, int device) { return strcpy(name, "Pretence"), SUCCESS; }
int cuDeviceTotalMem_v2(size_t* bytes, int device) { return *bytes = 80L << 30, SUCCESS; }
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  return *value = attribute == 75 ? 9 : attribute == 76 ? 0 : attribute, SUCCESS;
}
int cuDevicePrimaryCtxRetain(void** context, int device) { return *context = (void*)0x100, SUCCESS; }
int cuDevicePrimaryCtxRelease_v2(int device) { return LOG("release %d", device), SUCCESS; }
int cuCtxSetCurrent(void* context) { return LOG("current %p", context), SUCCESS; }
int cuMemGetInfo_v2(size_t* free, size_t* total) { return *free = 7L << 30, *total = 80L << 30, SUCCESS; }

int cuGetErrorName(int status, const char** name) {
  *name = status == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY"
        : status == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS" : status == 12345 ? NULL : "CUDA_ERROR_SOME";
  return SUCCESS;
}
int cuGetErrorString(int status, const char** text) {
  return *text = status == 12345 ? NULL : "as the driver says it", SUCCESS;
}

int cuModuleLoadData(void** module, const void* image) {
  if (memcmp(image, "NEW!", 4) == 0) return UNSUPPORTED_PTX_VERSION;
  return LOG("module of %.4s", (const char*)image), *module = (void*)0x200, SUCCESS;
}
int cuModuleUnload(void* module) { return LOG("unload %p", module), SUCCESS; }
int cuModuleGetFunction(void** function, void* module, const char* name) {
  *function = (void*)0x300;
  for (int i = 0; emulation && i < CALL(int, "attune_kernel_count"); i++)
    if (strcmp(CALL(const char*, "attune_kernel_name", i), name) == 0) {
      Kernel* kernel = *function = malloc(sizeof(Kernel));
      *kernel = (Kernel){i, 48 << 10, CALL(const char*, "attune_kernel_signature", i)};
      return SUCCESS;
    }
  return LOG("function %s", name), emulation ? 500 : SUCCESS;
}
int cuFuncSetAttribute(void* function, int attribute, int value) {
  if (emulation) return ((Kernel*)function)->shared_limit = value, SUCCESS;
  return LOG("attribute %p %d %d", function, attribute, value), SUCCESS;
}

typedef struct { Kernel* kernel; int grid[3], threads, shared; uint64_t values[32]; } Launch;

// FAKE_FAULT_AFTER launches the context is lost, as after a kernel's wrong address.
static int launch(void* data) {
  static long launches = 0;
  if (getenv("FAKE_FAULT_AFTER") && launches++ == atol(getenv("FAKE_FAULT_AFTER"))) fault = ILLEGAL_ADDRESS;
  if (fault) return SUCCESS;  // shows in a later call
  Launch* it = data;
  void* arguments[COUNT(it->values)];
  for (int i = 0; i < COUNT(arguments); i++) arguments[i] = &it->values[i];
  return emulated(CALL(int, "attune_launch", it->kernel->index, it->grid[0], it->grid[1], it->grid[2], it->threads,
                       it->shared, it->kernel->shared_limit, arguments));
}

int cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                   unsigned bz, unsigned shared, void* stream, void** arguments, void** extra) {
  if (emulation) {
    Launch it = {function, {gx, gy, gz}, bx, shared};
    for (int i = 0; it.kernel->signature[i]; i++) it.values[i] = *(uint64_t*)arguments[i];
    return by == 1 && bz == 1 && stream ? fake_queue(launch, &it, sizeof it) : 1;
  }
  LOG("launch %p %u,%u,%u %u,%u,%u %u on %p: %llx %d %g", function, gx, gy, gz, bx, by, bz, shared, stream,
      *(unsigned long long*)arguments[0], *(int*)arguments[1], *(float*)arguments[2]);
  if (gx == 666) fault = ILLEGAL_ADDRESS;  // shows in a later call
  return gx == 777 ? 12345 : bx > 1024 ? 1 : SUCCESS;
}

int cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  if (bytes > 1UL << 40) return OUT_OF_MEMORY;
  *address = (uint64_t)(emulation ? CALL(void*, "attune_allocate", bytes) : malloc(bytes));
  return *address ? SUCCESS : OUT_OF_MEMORY;
}
int cuMemFree_v2(uint64_t address) {
  return emulation ? emulated(CALL(int, "attune_free", address)) : (free((void*)address), SUCCESS);
}
int cuMemAllocHost_v2(void** pointer, size_t bytes) { return *pointer = aligned_alloc(4096, bytes), SUCCESS; }
int cuMemFreeHost(void* pointer) { return LOG("free host"), free(pointer), SUCCESS; }

typedef struct { void *to, *from; size_t bytes; int kind; } Copy;

static int copy(void* data) {
  if (fault) return fault;
  static const char* const NAMES[] = {"attune_copy_in", "attune_copy_out", "attune_copy"};
  Copy* it = data;
  if (emulation) return emulated(CALL(int, NAMES[it->kind], it->to, it->from, it->bytes));
  return memmove(it->to, it->from, it->bytes), SUCCESS;
}
static int queue_copy(void* to, void* from, size_t bytes, int kind) {
  Copy it = {to, from, bytes, kind};
  return fake_queue(copy, &it, sizeof it);
}
int cuMemcpyHtoD_v2(void* to, void* from, size_t n) { return captured ? 900 : queue_copy(to, from, n, 0); }
int cuMemcpyDtoH_v2(void* to, void* from, size_t n) { return captured ? 900 : queue_copy(to, from, n, 1) | fault; }
int cuMemcpyHtoDAsync_v2(void* to, void* from, size_t n, void* stream) {
  return LOG("to device on %p", stream), queue_copy(to, from, n, 0);
}
int cuMemcpyDtoHAsync_v2(void* to, void* from, size_t n, void* stream) {
  return LOG("to host on %p", stream), queue_copy(to, from, n, 1);
}
int cuMemcpyDtoDAsync_v2(void* to, void* from, size_t n, void* stream) {
  return LOG("on device on %p", stream), queue_copy(to, from, n, 2);
}

typedef struct { void* to; unsigned char value; size_t bytes; } Fill;

static int fill(void* data) {
  Fill* it = data;
  if (emulation) return emulated(CALL(int, "attune_fill", it->to, (int)it->value, it->bytes));
  return memset(it->to, it->value, it->bytes), SUCCESS;
}
int cuMemsetD8Async(void* to, unsigned char value, size_t n, void* stream) {
  Fill it = {to, value, n};
  return fake_queue(fill, &it, sizeof it);
}

int cuStreamCreate(void** stream, unsigned flags) {
  static uint64_t next = 0x400;
  return LOG("stream %u", flags), *stream = (void*)next++, SUCCESS;
}
int cuStreamDestroy_v2(void* stream) { return SUCCESS; }
int cuStreamSynchronize(void* stream) { return fault; }
int cuStreamWaitEvent(void* stream, void* event, unsigned flags) {
  if (fault && emulation) return fault;
  return LOG("wait %p %p %u", stream, event, flags), SUCCESS;
}
int cuEventCreate(void** event, unsigned flags) { return *event = (void*)0x500, SUCCESS; }
int cuEventDestroy_v2(void* event) { return SUCCESS; }
int cuEventRecord(void* event, void* stream) { return LOG("record %p %p", event, stream), SUCCESS; }
int cuEventQuery(void* event) { return queries++ == 0 ? NOT_READY : SUCCESS; }
int cuEventSynchronize(void* event) { return fault; }
int cuEventElapsedTime(float* milliseconds, void* start, void* end) { return *milliseconds = 1.5f, SUCCESS; }

int cuStreamBeginCapture_v2(void* stream, int mode) {
  if (captured) return 901;
  return LOG("capture %p %d", stream, mode), captured = calloc(1, sizeof(Graph)), SUCCESS;
}
int cuStreamEndCapture(void* stream, void** graph) {
  *graph = emulation ? captured : (void*)0x600;
  return LOG("captured"), captured = NULL, SUCCESS;
}
int cuGraphInstantiateWithFlags(void** ready, void* graph, unsigned long long flags) {
  return LOG("instantiate %p %llu", graph, flags), *ready = emulation ? graph : (void*)0x700, SUCCESS;
}
int cuGraphDestroy(void* graph) { return LOG("destroy graph %p", graph), SUCCESS; }
int cuGraphLaunch(void* ready, void* stream) {
  LOG("graph %p on %p", ready, stream);
  int status = SUCCESS;
  for (int i = 0; emulation && status == SUCCESS && i < ((Graph*)ready)->count; i++) {
    Work* work = &((Graph*)ready)->work[i];
    status = fake_queue(work->run, work->data, work->bytes);
  }
  return status;
}
int cuGraphExecDestroy(void* ready) {
  if (emulation) free(ready);
  return LOG("destroy %p", ready), SUCCESS;
}
