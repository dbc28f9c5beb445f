// Kernels as the library knows them: each .cu file is compiled by itself, with one REGISTER_KERNEL for
// each of its kernels at the end, which the build writes.
#pragma once
#include <type_traits>
#include <utility>

namespace emulation {

// A kernel: call unpacks arguments, the addresses of the values, as CUDA's driver does.
struct Kernel {
  const char* family;
  const char* name;
  const char* signature;
  unsigned max_threads;  // a block
  void (*call)(void** arguments);
};

void add(const Kernel& kernel);

template <typename T>
constexpr char letter() {
  if constexpr (std::is_pointer_v<T>) {
    return 'p';
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
    return 'l';
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 4) {
    return 'i';
  } else if constexpr (std::is_same_v<T, float>) {
    return 'f';
  } else {
    static_assert(std::is_same_v<T, double>, "a kernel takes pointers, long long, int, float, double");
    return 'd';
  }
}

template <auto kernel>
struct Unpacked;

template <typename... A, void (*kernel)(A...)>
struct Unpacked<kernel> {
  static constexpr char signature[] = {letter<A>()..., '\0'};

  static void call(void** arguments) { call(arguments, std::index_sequence_for<A...>()); }

 private:
  template <size_t... i>
  static void call(void** arguments, std::index_sequence<i...>) {
    kernel(*static_cast<A*>(arguments[i])...);
  }
};

struct Registration {
  explicit Registration(const Kernel& kernel) { add(kernel); }
};

}  // namespace emulation

#define REGISTER_KERNEL(family, name, max_threads)                                 \
  static const ::emulation::Registration registration_of_##name(::emulation::Kernel{ \
      family, #name, ::emulation::Unpacked<&name>::signature, max_threads,           \
      ::emulation::Unpacked<&name>::call});
