package io.attune.device.cuda;

import io.attune.device.op.AdamWOps;
import io.attune.device.op.AdamWSlot;
import java.util.LinkedHashMap;

/**
 * kernels/adamw.cu: all tensors in one launch. The table of an array of slots is kept for its later
 * steps; arrays are told apart by identity. The factors that change from step to step travel as
 * arguments, so a step belongs beside a captured graph, not into it.
 */
final class CudaAdamW implements AdamWOps, AutoCloseable {
  private static final int THREADS = 256;
  private static final int MAX_TABLES = 16;

  private final CudaContext context;
  private final CudaKernel step;

  /** Tables by their arrays, least recently used first. */
  private final LinkedHashMap<AdamWSlot[], AdamWTable> tables =
      new LinkedHashMap<>(MAX_TABLES, 0.75f, true);

  CudaAdamW(CudaContext context) {
    this.context = context;
    step = context.kernel("adamw", "adamw_step_f32");
  }

  @Override
  public void step(
      AdamWSlot[] slots,
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      long t) {
    if (t < 1) {
      throw new IllegalArgumentException("the first step of AdamW is 1, not " + t);
    }
    AdamWTable table = table(slots);
    if (table.chunks() > 0) {
      step.pointer(table.slotsAddress())
          .pointer(table.chunksAddress())
          .real((float) (1 - learningRate * weightDecay))
          .real((float) (learningRate / (1 - Math.pow(beta1, t))))
          .real((float) (1 / Math.sqrt(1 - Math.pow(beta2, t))))
          .real((float) (1 - beta1))
          .real((float) beta2)
          .real((float) (1 - beta2))
          .real((float) epsilon)
          .launch(table.chunks(), THREADS);
    }
  }

  private AdamWTable table(AdamWSlot[] slots) {
    AdamWTable known = tables.get(slots);
    if (known != null && known.isOf(slots)) {
      return known;
    }
    tables.values().removeIf(CudaAdamW::closedIfStale);
    AdamWTable made = new AdamWTable(context, slots);
    if (known != null) {
      known.close(); // where it was stale, for the second time, which does nothing
    } else if (tables.size() == MAX_TABLES) {
      tables.pollFirstEntry().getValue().close();
    }
    tables.put(slots, made);
    return made;
  }

  private static boolean closedIfStale(AdamWTable table) {
    boolean stale = table.isStale();
    if (stale) {
      table.close();
    }
    return stale;
  }

  /** Frees the tables. */
  @Override
  public void close() {
    tables.values().forEach(AdamWTable::close);
    tables.clear();
  }
}
