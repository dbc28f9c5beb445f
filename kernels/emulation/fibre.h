// Fibres: flows of control with a stack of their own that hand over to each other by name.
#pragma once
#include <stddef.h>

namespace emulation {

// A stack, cached for the next fibre that needs one.
struct Stack {
  char* bottom;
  size_t bytes;
  size_t index;  // how many were made before it
  Stack* next;   // in the list of free ones
};

// A flow of control that is not running: where its stack stands.
struct Fibre {
  void* pointer = nullptr;
  Stack* stack = nullptr;  // none: the stack of the thread that launched
};

Stack* take_stack();
void give_stack(Stack* stack);

// Makes a fibre that will call entry, which never returns, when it is first switched to.
void prepare(Fibre& fibre, Stack* stack, void (*entry)());

// Saves the running flow in from and goes on with to; returns when somebody switches to from.
void switch_fibre(Fibre& from, Fibre& to);

// What entry does first.
void arrived();

}  // namespace emulation
