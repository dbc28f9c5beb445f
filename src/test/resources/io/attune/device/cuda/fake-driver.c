// A driver that keeps device memory on the host and runs no kernel: what JCuda hands it is written to
// standard error, so that a test without a GPU sees what a real driver would be given.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr))

enum { SUCCESS = 0, OUT_OF_MEMORY = 2, NOT_READY = 600, ILLEGAL_ADDRESS = 700 };

static int fault = SUCCESS;  // sticky, as a kernel's failure is
static int queries = 0;

int cuInit(unsigned flags) { return SUCCESS; }
int cuDriverGetVersion(int* version) { return *version = 13000, SUCCESS; }
int cuDeviceGetCount(int* count) { return *count = 1, SUCCESS; }
int cuDeviceGet(int* device, int ordinal) { return *device = ordinal, SUCCESS; }
int cuDeviceGetName(char* name, int length, int device) { return strcpy(name, "Pretence"), SUCCESS; }
int cuDeviceTotalMem_v2(size_t* bytes, int device) { return *bytes = 80L << 30, SUCCESS; }
int cuDeviceGetAttribute(int* value, int attribute, int device) { return *value = attribute, SUCCESS; }
int cuDevicePrimaryCtxRetain(void** context, int device) { return *context = (void*)0x100, SUCCESS; }
int cuDevicePrimaryCtxRelease_v2(int device) { return LOG("release %d", device), SUCCESS; }
int cuCtxSetCurrent(void* context) { return LOG("current %p", context), SUCCESS; }
int cuMemGetInfo_v2(size_t* free, size_t* total) { return *free = 7L << 30, *total = 80L << 30, SUCCESS; }

int cuGetErrorName(int status, const char** name) {
  *name = status == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY"
        : status == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS" : "CUDA_ERROR_UNKNOWN";
  return SUCCESS;
}
int cuGetErrorString(int status, const char** text) { return *text = "as the driver says it", SUCCESS; }

int cuModuleLoadData(void** module, const void* image) {
  return LOG("module of %.4s", (const char*)image), *module = (void*)0x200, SUCCESS;
}
int cuModuleUnload(void* module) { return LOG("unload %p", module), SUCCESS; }
int cuModuleGetFunction(void** function, void* module, const char* name) {
  return LOG("function %s", name), *function = (void*)0x300, SUCCESS;
}
int cuFuncSetAttribute(void* function, int attribute, int value) {
  return LOG("attribute %p %d %d", function, attribute, value), SUCCESS;
}
int cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                   unsigned bz, unsigned shared, void* stream, void** arguments, void** extra) {
  LOG("launch %p %u,%u,%u %u,%u,%u %u on %p: %llx %d %g", function, gx, gy, gz, bx, by, bz, shared, stream,
      *(unsigned long long*)arguments[0], *(int*)arguments[1], *(float*)arguments[2]);
  if (gx == 666) fault = ILLEGAL_ADDRESS;  // shows in a later call
  return bx > 1024 ? 1 : SUCCESS;
}

int cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  if (bytes > 1UL << 40) return OUT_OF_MEMORY;
  return *address = (uint64_t)malloc(bytes), SUCCESS;
}
int cuMemFree_v2(uint64_t address) { return free((void*)address), SUCCESS; }
int cuMemAllocHost_v2(void** pointer, size_t bytes) { return *pointer = aligned_alloc(4096, bytes), SUCCESS; }
int cuMemFreeHost(void* pointer) { return LOG("free host"), free(pointer), SUCCESS; }
int cuMemcpyHtoD_v2(uint64_t to, const void* from, size_t n) { return memcpy((void*)to, from, n), SUCCESS; }
int cuMemcpyDtoH_v2(void* to, uint64_t from, size_t n) { return memcpy(to, (void*)from, n), fault; }
int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t n, void* stream) {
  return LOG("to device on %p", stream), memcpy((void*)to, from, n), SUCCESS;
}
int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t n, void* stream) {
  return LOG("to host on %p", stream), memcpy(to, (void*)from, n), SUCCESS;
}
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t n, void* stream) {
  return LOG("on device on %p", stream), memcpy((void*)to, (void*)from, n), SUCCESS;
}
int cuMemsetD8Async(uint64_t to, unsigned char value, size_t n, void* stream) {
  return memset((void*)to, value, n), SUCCESS;
}

int cuStreamCreate(void** stream, unsigned flags) {
  static uint64_t next = 0x400;
  return LOG("stream %u", flags), *stream = (void*)next++, SUCCESS;
}
int cuStreamDestroy_v2(void* stream) { return SUCCESS; }
int cuStreamSynchronize(void* stream) { return fault; }
int cuStreamWaitEvent(void* stream, void* event, unsigned flags) {
  return LOG("wait %p %p %u", stream, event, flags), SUCCESS;
}
int cuEventCreate(void** event, unsigned flags) { return *event = (void*)0x500, SUCCESS; }
int cuEventDestroy_v2(void* event) { return SUCCESS; }
int cuEventRecord(void* event, void* stream) { return LOG("record %p %p", event, stream), SUCCESS; }
int cuEventQuery(void* event) { return queries++ == 0 ? NOT_READY : SUCCESS; }
int cuEventSynchronize(void* event) { return fault; }
int cuEventElapsedTime(float* milliseconds, void* start, void* end) { return *milliseconds = 1.5f, SUCCESS; }

int cuStreamBeginCapture_v2(void* stream, int mode) { return LOG("capture %p %d", stream, mode), SUCCESS; }
int cuStreamEndCapture(void* stream, void** graph) { return LOG("captured"), *graph = (void*)0x600, SUCCESS; }
int cuGraphInstantiateWithFlags(void** ready, void* graph, unsigned long long flags) {
  return LOG("instantiate %p %llu", graph, flags), *ready = (void*)0x700, SUCCESS;
}
int cuGraphDestroy(void* graph) { return LOG("destroy graph %p", graph), SUCCESS; }
int cuGraphLaunch(void* ready, void* stream) { return LOG("graph %p on %p", ready, stream), SUCCESS; }
int cuGraphExecDestroy(void* ready) { return LOG("destroy %p", ready), SUCCESS; }
