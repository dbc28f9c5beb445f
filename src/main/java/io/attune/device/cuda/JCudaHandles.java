package io.attune.device.cuda;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/** JCuda's objects under our names: what {@link JCudaDriver} makes is what it gets back. */
final class JCudaHandles {
  private JCudaHandles() {}

  static final class LoadedModule extends CUmodule implements CudaDriver.Module {
    @Override
    public long address() {
      return getNativePointer();
    }
  }

  /** A kernel, and JCuda's view of the argument block that it was launched with last. */
  static final class Kernel extends CUfunction implements CudaDriver.Function {
    final String name;
    private HostAddress arguments = new HostAddress(0);

    Kernel(String name) {
      this.name = name;
    }

    /** JCuda's view of native memory; made anew only when the address is another. */
    Pointer at(long argumentsAddress) {
      if (arguments.address() != argumentsAddress) {
        arguments = new HostAddress(argumentsAddress);
      }
      return arguments;
    }

    @Override
    public long address() {
      return getNativePointer();
    }
  }

  static final class Queue extends CUstream implements CudaDriver.Stream {
    @Override
    public long address() {
      return getNativePointer();
    }
  }

  static final class Mark extends CUevent implements CudaDriver.Event {
    @Override
    public long address() {
      return getNativePointer();
    }
  }

  static final class Captured extends CUgraphExec implements CudaDriver.Graph {
    @Override
    public long address() {
      return getNativePointer();
    }
  }

  /** An address in native host memory. */
  static final class HostAddress extends Pointer {
    HostAddress(long address) {
      super(address);
    }

    long address() {
      return getNativePointer();
    }
  }

  /** An address in device memory. */
  static final class DeviceAddress extends CUdeviceptr {
    /** For the driver to write an address to. */
    DeviceAddress() {}

    DeviceAddress(long address) {
      super(new CUdeviceptr(), address);
    }

    long address() {
      return getNativePointer() + getByteOffset();
    }
  }
}
