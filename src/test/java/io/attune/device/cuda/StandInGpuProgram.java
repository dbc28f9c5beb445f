package io.attune.device.cuda;

import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.Recording;
import io.attune.device.op.Epilogue;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;

/**
 * A recorded step, done directly, captured and replayed, each time on new data: run by {@link
 * StandInGpuTest}.
 */
final class StandInGpuProgram {
  private static final int ROWS = 33;
  private static final int COLUMNS = 20;
  private static final int INNER = 24;
  private static final int STEPS = 5;

  private StandInGpuProgram() {}

  public static void main(String[] arguments) {
    try (Device gpu = Devices.open("cuda").device();
        Device cpu = Devices.open("cpu").device()) {
      System.err.println("on " + gpu.description());
      Step ours = new Step(gpu);
      Step right = new Step(cpu);
      for (int step = 0; step < STEPS; step++) {
        float[] result = ours.run(step);
        float[] expected = right.run(step);
        double worst = 0;
        for (int i = 0; i < result.length; i++) {
          worst = Math.max(worst, Math.abs(result[i] - expected[i]));
        }
        System.err.println(worst < 1e-5 ? "step right" : "step WRONG by " + worst);
      }
      ours.recording.close();
      right.recording.close();
    }
  }

  /** y = normalised rows of a b + bias + residual, and how often it is done. */
  private static final class Step {
    private final Device device;
    private final Tensor a;
    private final Tensor b;
    private final Tensor bias;
    private final Tensor residual;
    private final Tensor sum;
    private final Tensor y;
    private final Tensor norm;
    private final Recording recording;

    Step(Device device) {
      this.device = device;
      a = tensor("a", ROWS, INNER);
      b = tensor("b", INNER, COLUMNS);
      bias = tensor("bias", COLUMNS);
      residual = tensor("residual", ROWS, COLUMNS);
      sum = tensor("sum", ROWS, COLUMNS);
      y = tensor("y", ROWS, COLUMNS);
      norm = tensor("norm", ROWS);
      recording = device.record(this::queue);
    }

    private Tensor tensor(String name, long... extents) {
      return device.allocate(name, DType.F32, Shape.of(extents));
    }

    private void queue() {
      Epilogue epilogue = Epilogue.biasResidual(bias, residual);
      device.gemm().multiply(false, a, false, b, 1, 0, sum, epilogue);
      device.normalize().l2(sum, y, norm);
    }

    float[] run(int step) {
      int stream = 0;
      for (Tensor input : new Tensor[] {a, b, bias, residual}) {
        Philox philox = new Philox(new PhiloxKey(3, stream++, step));
        float[] values = new float[Math.toIntExact(input.size())];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) philox.nextNormal();
        }
        device.write(input, values, 0);
      }
      recording.run();
      float[] result = new float[ROWS * COLUMNS];
      device.read(y, result, 0);
      return result;
    }
  }
}
