// Stacks, and the switch between them: twelve nanoseconds in hand-written x86-64 assembly, where
// ucontext, which serves other processors, asks the kernel to save the signal mask and takes 260.
#include "fibre.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace emulation {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t STACK_BYTES = 256 << 10;
#else
constexpr size_t STACK_BYTES = 64 << 10;
#endif

Stack* free_stacks = nullptr;
size_t stack_count = 0;

size_t page_bytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// Each device loads the library anew: what one leaves behind would soon reach the limit of mappings.
struct UnmapStacks {
  ~UnmapStacks() {
    while (free_stacks != nullptr) {
      Stack* stack = free_stacks;
      free_stacks = stack->next;
#if defined(__SANITIZE_ADDRESS__)
      __asan_unpoison_memory_region(stack->bottom, stack->bytes);
#endif
      munmap(stack->bottom - page_bytes(), stack->bytes + page_bytes());
      delete stack;
    }
  }
} unmap_stacks;

Stack* make_stack() {
  size_t page = page_bytes();
  void* memory = mmap(
      nullptr, STACK_BYTES + page, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0) {
    perror("emulation: no memory for a fibre's stack");
    abort();
  }
  return new Stack{static_cast<char*>(memory) + page, STACK_BYTES, stack_count++, nullptr};
}

// Equal frames of many fibres would fall into the same sets of the cache: each starts elsewhere.
char* top_of(const Stack* stack) {
  return stack->bottom + stack->bytes - (stack->index % 61) * 192;
}

}  // namespace

Stack* take_stack() {
  if (free_stacks == nullptr) {
    return make_stack();
  }
  Stack* stack = free_stacks;
  free_stacks = stack->next;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(stack->bottom, stack->bytes);
#endif
  return stack;
}

void give_stack(Stack* stack) {
  stack->next = free_stacks;
  free_stacks = stack;
}

#if defined(__SANITIZE_ADDRESS__)
namespace {
// The launching thread's own stack, which the sanitizer names when a fibre is first entered.
const void* launcher_bottom = nullptr;
size_t launcher_bytes = 0;
}  // namespace

void arrived() { __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr); }

namespace {
void find_launcher() {
  pthread_attr_t attributes;
  void* bottom;
  size_t bytes;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &bottom, &bytes);
  pthread_attr_destroy(&attributes);
  launcher_bottom = bottom;
  launcher_bytes = bytes;
}
}  // namespace
#else
void arrived() {}
#endif

#if defined(__x86_64__)

extern "C" void attune_switch(void** from, void* to);

// The registers that a call preserves, and the stack pointer; returning pops the way back.
asm(R"(
.text
.p2align 4
.local attune_switch
.type attune_switch, @function
attune_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size attune_switch, .-attune_switch
)");

void prepare(Fibre& fibre, Stack* stack, void (*entry)()) {
  uintptr_t top = reinterpret_cast<uintptr_t>(top_of(stack)) & ~uintptr_t{15};
  void** words = reinterpret_cast<void**>(top);
  *--words = nullptr;  // entry finds the stack as a call would leave it: 8 below a multiple of 16
  *--words = reinterpret_cast<void*>(entry);
  for (int i = 0; i < 6; i++) {
    *--words = nullptr;
  }
  fibre.pointer = words;
  fibre.stack = stack;
}

static void jump(Fibre& from, Fibre& to) { attune_switch(&from.pointer, to.pointer); }

#else

// Each stack's context stands at its bottom, the launching thread's in a place of its own.
static ucontext_t launcher_context;

static ucontext_t* context_of(Fibre& fibre) {
  return fibre.stack == nullptr ? &launcher_context
                                : reinterpret_cast<ucontext_t*>(fibre.stack->bottom);
}

void prepare(Fibre& fibre, Stack* stack, void (*entry)()) {
  fibre.stack = stack;
  ucontext_t* context = context_of(fibre);
  getcontext(context);
  size_t kept = (sizeof(ucontext_t) + 63) / 64 * 64;
  context->uc_stack.ss_sp = stack->bottom + kept;
  context->uc_stack.ss_size = static_cast<size_t>(top_of(stack) - stack->bottom) - kept;
  context->uc_link = nullptr;
  makecontext(context, entry, 0);
}

static void jump(Fibre& from, Fibre& to) { swapcontext(context_of(from), context_of(to)); }

#endif

void switch_fibre(Fibre& from, Fibre& to) {
#if defined(__SANITIZE_ADDRESS__)
  if (from.stack == nullptr) {
    find_launcher();
  }
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(
      &fake, to.stack == nullptr ? launcher_bottom : to.stack->bottom,
      to.stack == nullptr ? launcher_bytes : to.stack->bytes);
  jump(from, to);
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#else
  jump(from, to);
#endif
}

}  // namespace emulation
