package io.attune.train;

import io.attune.clip.TextPass;
import io.attune.clip.TextTower;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.hba.EmbeddingPath;
import io.attune.hba.TextTrunk;
import io.attune.hba.TowerTail;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/** The prompts' way through the text tower. They never change, so whatever enters is set once. */
final class TextInputs {
  private final Device device;
  private final TextTower tower;
  private final TowerPlan plan;
  private final boolean cached;
  private final int[] ids;
  private final int texts;
  private final int length;
  private final EmbeddingPath path;
  private final TextPass whole;

  TextInputs(Arena arena, Device device, TextTower tower, TrainingPlan plan, BehaviorData data) {
    this.device = device;
    this.tower = tower;
    this.plan = plan.text();
    this.cached = plan.cachesTexts();
    this.ids = data.promptIds();
    this.texts = data.prompts();
    this.length = data.promptLength();
    Workspace workspace = Workspace.on(arena);
    if (!cached) {
      whole = new TextPass(device, tower, workspace, texts, length, PassOptions.training(false));
      path = EmbeddingPath.Whole.of(whole, this.plan.trains());
    } else if (this.plan.trains()) {
      whole = null;
      TowerTail.Parts parts =
          new TowerTail.Parts(
              tower.blocks(), this.plan.first(), tower.finalLayerNorm(), tower.projection(), true);
      path = new TowerTail(device, parts, workspace, texts, length);
    } else {
      whole = null;
      path = new EmbeddingPath.Constant(workspace.tensor("text.embeds", texts, projection()));
    }
  }

  private int projection() {
    return plan.projection();
  }

  EmbeddingPath path() {
    return path;
  }

  boolean trains() {
    return plan.trains();
  }

  /** Bytes that {@link #prepare} takes for its own work. */
  long preparationBytes() {
    if (!cached) {
      return 0;
    }
    try (Arena arena = Arena.planning(device.precision())) {
      build(Workspace.on(arena));
      return arena.bytes();
    }
  }

  private Runnable build(Workspace workspace) {
    if (!plan.trains()) {
      TextPass pass =
          new TextPass(device, tower, workspace, texts, length, PassOptions.inference(false));
      return () -> {
        pass.setIds(ids, 0);
        pass.forward();
        device.elementwise().copy(pass.embeds(), path.embeds());
      };
    }
    TextTrunk trunk = new TextTrunk(device, tower, workspace, texts, length, plan.first());
    Tensor rows = plan.pooledOnly() ? workspace.tensor("end_rows", DType.I32, texts) : null;
    return () -> {
      trunk.forward(ids);
      TowerTail tail = (TowerTail) path;
      if (plan.pooledOnly()) {
        device.write(rows, endRows(), 0);
        device.embedding().gatherRows(flat(trunk.stream()), rows, flat(tail.stream()));
        device.embedding().gatherRows(flat(trunk.attended()), rows, flat(tail.attended()));
      } else {
        device.elementwise().copy(flat(trunk.stream()), flat(tail.stream()));
        device.elementwise().copy(flat(trunk.attended()), flat(tail.attended()));
        device.write(tail.endRows(), endRows(), 0);
      }
    };
  }

  private static Tensor flat(Tensor tensor) {
    return tensor.reshape(tensor.rows(), tensor.columns());
  }

  private int[] endRows() {
    int[] rows = new int[texts];
    for (int n = 0; n < texts; n++) {
      rows[n] = n * length + tower.endPosition(ids, n * length, length);
    }
    return rows;
  }

  /** Sets the token ids, or runs the constant part of the tower. */
  void prepare() {
    if (!cached) {
      whole.setIds(ids, 0);
      return;
    }
    try (Arena arena = Arena.on(device)) {
      build(Workspace.on(arena)).run();
      device.synchronize();
    }
  }
}
