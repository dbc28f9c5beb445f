package io.attune.device.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
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

  static final class Kernel extends CUfunction implements CudaDriver.Function {
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
