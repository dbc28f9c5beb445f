#include "block.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "copies.h"
#include "fibre.h"
#include "order.h"
#include "shared.h"
#include "words.h"

emulation::Index threadIdx, blockIdx, blockDim, gridDim;

namespace emulation {
namespace {

enum class State { NEW, RUNNABLE, MEETING, AT_BARRIER, ENDED };

struct Lane {
  Fibre fibre;
  State state;
  void* deposit;
  const Meeting* meeting;
  Copies copies;
};

struct Warp {
  Lane* lanes;
  int first;  // thread number of lane 0
  int count;  // lanes: 32, or fewer in the last warp of an odd block
  int position;  // how many lanes of the order have run since they last met
  const unsigned char* order;
  int meeting;  // lanes that wait for the warp, for the block, and that have ended
  int at_barrier;
  int ended;
};

Lane lanes[MAX_THREADS];
Warp warps[MAX_THREADS / LANES];
int warp_count;
int ready[MAX_THREADS / LANES];  // warps that can go on, the running one among them
int ready_count;
int ready_index;  // of the running warp
int waiting_warps;
int ended_warps;

Warp* warp_now;
Lane* lane_now;
Fibre launcher;
const Kernel* kernel_now;
void** arguments_now;
bool failed;

void begin_round(Warp& warp) {
  warp.position = 0;
  warp.meeting = 0;
  warp.at_barrier = 0;
  warp.order = order_of_lanes();
}

void choose_warp() {
  ready_index = static_cast<int>(random_bits() % static_cast<unsigned>(ready_count));
  warp_now = &warps[ready[ready_index]];
}

void put_aside() { ready[ready_index] = ready[--ready_count]; }

[[noreturn]] void fail_in_warp(const Warp& warp) {
  if (warp.count < LANES && warp.meeting == warp.count) {
    fail("threads meet in a warp that has %d of %d lanes", warp.count, LANES);
  }
  const Lane* comes = nullptr;
  int thread = 0;
  int other = 0;
  for (int i = 0; i < warp.count; i++) {
    const Lane& lane = warp.lanes[i];
    if (lane.state == State::MEETING && comes == nullptr) {
      comes = &lane;
      thread = warp.first + i;
    }
  }
  for (int i = 0; i < warp.count; i++) {
    const Lane& lane = warp.lanes[i];
    if (lane.state != State::MEETING || lane.meeting != comes->meeting) {
      other = i;
    }
  }
  const Lane& lane = warp.lanes[other];
  fail(
      "thread %d waits in %s for all lanes of its warp, but thread %d %s", thread,
      comes->meeting->name, warp.first + other,
      lane.state == State::ENDED        ? "has ended"
      : lane.state == State::AT_BARRIER ? "waits in block_barrier"
                                        : lane.meeting->name);
}

[[noreturn]] void fail_at_barrier() {
  int waits = -1;
  int ended = -1;
  int reached = 0;
  int threads = static_cast<int>(blockDim.x);
  for (int i = 0; i < threads; i++) {
    if (lanes[i].state == State::AT_BARRIER) {
      waits = waits < 0 ? i : waits;
      reached++;
    } else {
      ended = ended < 0 ? i : ended;
    }
  }
  fail(
      "thread %d waits in block_barrier, which %d of %d threads have reached, but thread %d has ended",
      waits, reached, threads, ended);
}

// All lanes of the warp hold a meeting. Usually the warp goes on with the next round.
void hold_meeting(Warp& warp) {
  const Meeting* meeting = warp.lanes[0].meeting;
  void* deposits[LANES];
  for (int i = 0; i < LANES; i++) {
    Lane& lane = warp.lanes[i];
    if (lane.meeting != meeting) {
      fail_in_warp(warp);
    }
    deposits[i] = lane.deposit;
    lane.state = State::RUNNABLE;
  }
  meeting->hold(deposits);
  begin_round(warp);
  if (ready_count > 1 && random_bits() % 8 == 0) {
    choose_warp();
  }
}

void pass_barrier() {
  waiting_warps = 0;
  ready_count = warp_count;
  for (int i = 0; i < warp_count; i++) {
    ready[i] = i;
    begin_round(warps[i]);
    for (int j = 0; j < warps[i].count; j++) {
      warps[i].lanes[j].state = State::RUNNABLE;
    }
  }
}

// The lane that runs next; nullptr: all threads have ended.
Lane* next_lane() {
  for (;;) {
    Warp& warp = *warp_now;
    if (warp.position < warp.count) {
      return &warp.lanes[warp.count == LANES ? warp.order[warp.position++] : warp.position++];
    }
    if (warp.meeting == LANES) {
      hold_meeting(warp);
      continue;
    }
    if (warp.meeting > 0) {
      fail_in_warp(warp);
    }
    put_aside();
    if (warp.at_barrier > 0) {
      waiting_warps++;
    } else {
      ended_warps++;
    }
    if (ready_count == 0) {
      if (ended_warps == warp_count) {
        return nullptr;
      }
      bool all = waiting_warps == warp_count;
      for (int i = 0; i < warp_count; i++) {
        all = all && warps[i].at_barrier == warps[i].count;
      }
      if (!all) {
        fail_at_barrier();
      }
      pass_barrier();
    }
    choose_warp();
  }
}

void run_threads();

void become(Lane* lane) {
  lane_now = lane;
  threadIdx.x = static_cast<unsigned>(lane - lanes);
}

// Lets other threads run until this one can go on.
void wait() {
  Lane* self = lane_now;
  Lane* next = next_lane();
  if (next == self) {
    return;
  }
  if (next->state == State::NEW) {
    prepare(next->fibre, take_stack(), run_threads);
  }
  become(next);
  switch_fibre(self->fibre, next->fibre);
}

// A fibre's life: one thread after another for as long as they end without having waited.
void run_threads() {
  arrived();
  for (;;) {
    Lane* self = lane_now;
    self->state = State::RUNNABLE;
    kernel_now->call(arguments_now);
    self = lane_now;
    self->state = State::ENDED;
    drop(self->copies);
    warp_now->ended++;
    Lane* next = next_lane();
    if (next != nullptr && next->state == State::NEW) {
      next->fibre.stack = self->fibre.stack;
      self->fibre.stack = nullptr;
      become(next);
      continue;
    }
    Fibre here = self->fibre;
    self->fibre.stack = nullptr;
    give_stack(here.stack);
    if (next == nullptr) {
      switch_fibre(here, launcher);
    } else {
      become(next);
      switch_fibre(here, next->fibre);
    }
  }
}

void run_block(unsigned threads) {
  warp_count = static_cast<int>((threads + LANES - 1) / LANES);
  ready_count = warp_count;
  waiting_warps = 0;
  ended_warps = 0;
  for (int i = 0; i < warp_count; i++) {
    Warp& warp = warps[i];
    warp.first = i * LANES;
    warp.lanes = lanes + warp.first;
    int left = static_cast<int>(threads) - warp.first;
    warp.count = left < LANES ? left : LANES;
    warp.ended = 0;
    begin_round(warp);
    ready[i] = i;
  }
  for (unsigned i = 0; i < threads; i++) {
    lanes[i].state = State::NEW;
  }
  choose_warp();
  Lane* first = next_lane();
  prepare(first->fibre, take_stack(), run_threads);
  become(first);
  switch_fibre(launcher, first->fibre);
}

// Threads of a block that failed stay where they are; their stacks serve others.
void abandon(unsigned threads) {
  for (unsigned i = 0; i < threads; i++) {
    drop(lanes[i].copies);
    if (lanes[i].fibre.stack != nullptr) {
      give_stack(lanes[i].fibre.stack);
      lanes[i].fibre.stack = nullptr;
    }
  }
}

thread_local char message[1024];

}  // namespace

void meet(const Meeting& meeting, void* deposit) {
  Lane* self = lane_now;
  self->state = State::MEETING;
  self->meeting = &meeting;
  self->deposit = deposit;
  warp_now->meeting++;
  wait();
}

void wait_for_block() {
  lane_now->state = State::AT_BARRIER;
  warp_now->at_barrier++;
  wait();
}

Copies& copies_of_thread() { return lane_now->copies; }

const char* error() { return message; }

void set_error(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
}

void fail(const char* format, ...) {
  int head = snprintf(
      message, sizeof message, "kernel %s, block (%u, %u, %u): ", kernel_now->name, blockIdx.x,
      blockIdx.y, blockIdx.z);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message + head, sizeof message - static_cast<size_t>(head), format, arguments);
  va_end(arguments);
  failed = true;
  Fibre dead = lane_now->fibre;
  switch_fibre(dead, launcher);
  __builtin_unreachable();
}

bool run(const Kernel& kernel, const Geometry& geometry, void** arguments) {
  kernel_now = &kernel;
  arguments_now = arguments;
  failed = false;
  blockDim = {geometry.threads, 1, 1};
  gridDim = {geometry.grid[0], geometry.grid[1], geometry.grid[2]};
  threadIdx = {0, 0, 0};
  begin_shared(geometry.shared_bytes);
  uint64_t blocks = uint64_t{gridDim.x} * gridDim.y * gridDim.z;
  BlockOrder order(blocks);
  for (uint64_t i = 0; i < blocks; i++) {
    uint64_t block = order.at(i);
    blockIdx = {
        static_cast<unsigned>(block % gridDim.x),
        static_cast<unsigned>(block / gridDim.x % gridDim.y),
        static_cast<unsigned>(block / gridDim.x / gridDim.y)};
    begin_order(block);
    poison_shared();
    run_block(geometry.threads);
    if (failed) {
      abandon(geometry.threads);
      return false;
    }
  }
  return true;
}

}  // namespace emulation
