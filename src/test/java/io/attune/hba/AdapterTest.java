package io.attune.hba;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every adapter against its formula in double precision, and its gradients against differences. */
class AdapterTest {
  private static final AdapterSite SITE = new AdapterSite(AdapterSite.Tower.VISION, 3);
  private static final int OUT = 7;
  private static final int IN = 5;
  private static final int RANK = 3;
  private static Device device;

  @BeforeAll
  static void open() {
    device = Devices.open("cpu").device();
  }

  @AfterAll
  static void close() {
    device.close();
  }

  private static float[] normals(int stream, int count) {
    Philox philox = new Philox(new PhiloxKey(20, stream, 0));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) philox.nextNormal();
    }
    return values;
  }

  /** W from the parameters in doubles, straight from spec/clip-hba.md section 4. */
  private static double[][] reference(
      AdapterKind kind, float[] base, double[][] p, double[] constantNorms) {
    double s = 16.0 / RANK;
    double[][] w = new double[OUT][IN];
    for (int o = 0; o < OUT; o++) {
      double baseNorm = 0;
      for (int i = 0; i < IN; i++) {
        baseNorm += (double) base[o * IN + i] * base[o * IN + i];
      }
      baseNorm = Math.sqrt(baseNorm);
      double norm = 0;
      for (int i = 0; i < IN; i++) {
        double product = 0;
        for (int r = 0; r < RANK; r++) {
          product +=
              switch (kind) {
                case DORA -> p[2][i * RANK + r] * p[1][r * OUT + o];
                case DORA_PEFT -> p[2][o * RANK + r] * p[1][r * IN + i];
                case LORA -> p[1][o * RANK + r] * p[0][r * IN + i];
              };
        }
        double from = kind == AdapterKind.DORA ? base[o * IN + i] / baseNorm : base[o * IN + i];
        w[o][i] = from + s * product;
        norm += w[o][i] * w[o][i];
      }
      norm = constantNorms != null ? constantNorms[o] : Math.sqrt(norm);
      for (int i = 0; i < IN && kind != AdapterKind.LORA; i++) {
        w[o][i] *= p[0][o] / (norm + (kind == AdapterKind.DORA ? 1e-8 : 0));
      }
    }
    return w;
  }

  @ParameterizedTest
  @EnumSource(AdapterKind.class)
  void composesAndDifferentiatesAsTheFormulaSays(AdapterKind kind) {
    float[] base = normals(1, OUT * IN);
    float[] upstream = normals(2, OUT * IN);
    try (Arena arena = Arena.on(device)) {
      Adapter adapter = adapter(arena, kind, base);
      List<Parameter> parameters = adapter.parameters();
      double[][] p = new double[parameters.size()][];
      for (int n = 0; n < p.length; n++) {
        float[] values = normals(10 + n, (int) parameters.get(n).value().size());
        device.write(parameters.get(n).value(), values, 0);
        p[n] = doubles(values);
      }
      adapter.compose(device);
      double[][] w = reference(kind, base, p, null);
      float[] composed = device.toArray(adapter.weight());
      for (int i = 0; i < composed.length; i++) {
        double expected = w[i / IN][i % IN];
        double bound = 2e-5 * Math.max(1, Math.abs(expected));
        assertEquals(expected, composed[i], bound, "W element " + i);
      }

      adapter.clearGradients(device);
      device.write(adapter.weightGradient(), upstream, 0);
      adapter.backward(device);
      // PEFT holds the norm constant: so do the differences.
      double[] norms = kind == AdapterKind.DORA_PEFT ? norms(base, p) : null;
      for (int n = 0; n < p.length; n++) {
        float[] gradient = device.toArray(parameters.get(n).gradient());
        for (int i = 0; i < gradient.length; i++) {
          double h = 1e-5;
          double kept = p[n][i];
          p[n][i] = kept + h;
          double above = dot(reference(kind, base, p, norms), upstream);
          p[n][i] = kept - h;
          double below = dot(reference(kind, base, p, norms), upstream);
          p[n][i] = kept;
          double expected = (above - below) / (2 * h);
          assertEquals(
              expected,
              gradient[i],
              2e-4 * Math.max(1, Math.abs(expected)),
              parameters.get(n).name() + " element " + i);
        }
      }
    }
  }

  private static Adapter adapter(Arena arena, AdapterKind kind, float[] base) {
    Tensor w0 = arena.allocate("w0", OUT, IN);
    device.write(w0, base, 0);
    AdapterSettings settings = AdapterSettings.of(kind, RANK, BehaviorPreset.PAPER);
    Adapter adapter = Adapter.allocate(arena, SITE, settings, OUT, IN, true);
    adapter.setBase(device, w0);
    return adapter;
  }

  /** Row norms of W0 + s B A. */
  private static double[] norms(float[] base, double[][] p) {
    double[][] sum = reference(AdapterKind.LORA, base, new double[][] {p[1], p[2]}, null);
    return Arrays.stream(sum)
        .mapToDouble(row -> Math.sqrt(Arrays.stream(row).map(v -> v * v).sum()))
        .toArray();
  }

  private static double dot(double[][] w, float[] upstream) {
    double sum = 0;
    for (int i = 0; i < upstream.length; i++) {
      sum += w[i / IN][i % IN] * upstream[i];
    }
    return sum;
  }

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 6})
  void thePaperStartsAwayFromTheBase(int rank) {
    // spec/clip-hba.md section 4: a column of U moves by 0.166 at r = 32 and 0.87 at r = 6, of its
    // length 1; normalising it back to length 1 then takes some of that away.
    Change change = firstChange(rank, BehaviorPreset.PAPER);
    double expected = rank == 32 ? 0.166 : 0.87;
    assertEquals(expected, change.ofColumn(), 0.01 * expected);
    double cosine = 1 / Math.sqrt(1 + change.ofColumn() * change.ofColumn());
    assertEquals(Math.sqrt(2 - 2 * cosine), change.ofWeight(), 0.02 * change.ofWeight());
  }

  @Test
  void theCorrectedPresetStartsAtTheBase() {
    Change change = firstChange(32, BehaviorPreset.CORRECTED);
    assertEquals(0, change.ofColumn());
    assertTrue(change.ofWeight() < 1e-6);
  }

  /** Mean over output features of ||U - Dir|| and of ||W - W0||/||W0||, at step 0. */
  private record Change(double ofColumn, double ofWeight) {}

  private static Change firstChange(int rank, BehaviorPreset preset) {
    int width = 1024;
    float[] base = normals(1, width * width);
    try (Arena arena = Arena.on(device)) {
      Tensor w0 = arena.allocate("w0", width, width);
      device.write(w0, base, 0);
      AdapterSettings settings = AdapterSettings.of(AdapterKind.DORA, rank, preset);
      Adapter adapter = Adapter.allocate(arena, SITE, settings, width, width, false);
      adapter.setBase(device, w0);
      adapter.initialize(device, 1);
      adapter.compose(device);
      float[] w = device.toArray(adapter.weight());
      float[] a = device.toArray(adapter.parameters().get(1).value());
      float[] b = device.toArray(adapter.parameters().get(2).value());
      double columns = 0;
      double weights = 0;
      for (int o = 0; o < width; o++) {
        double moved = 0;
        double change = 0;
        double norm = 0;
        for (int i = 0; i < width; i++) {
          double product = 0;
          for (int r = 0; r < rank; r++) {
            product += b[i * rank + r] * a[r * width + o];
          }
          moved += product * product;
          change += Math.pow(w[o * width + i] - base[o * width + i], 2);
          norm += Math.pow(base[o * width + i], 2);
        }
        columns += 16.0 / rank * Math.sqrt(moved);
        weights += Math.sqrt(change / norm);
      }
      return new Change(columns / width, weights / width);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"DORA_PEFT", "LORA"})
  void theOthersStartAtTheBase(AdapterKind kind) {
    float[] base = normals(1, OUT * IN);
    try (Arena arena = Arena.on(device)) {
      Adapter adapter = adapter(arena, kind, base);
      adapter.initialize(device, 1);
      adapter.compose(device);
      assertArrayEquals(base, device.toArray(adapter.weight()), 1e-6f);
    }
  }
}
