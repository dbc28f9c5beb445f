package io.attune.bench;

import io.attune.clip.ClipArchitecture;
import io.attune.device.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The rows of the models' bench in their order: each model in bf16, then in the other precisions.
 */
final class ModelPlan {
  /** The sizes that are measured where none is asked for. */
  private static final List<ClipArchitecture> ARCHITECTURES =
      List.of(ClipArchitecture.VIT_L_14, ClipArchitecture.VIT_B_32);

  private ModelPlan() {}

  /** What a row measures. */
  enum Part {
    INFERENCE("inference"),
    ADAPTER("adapter"),
    CACHED("adapter, cached"),
    TRAINING("training"),
    STAGE("behavior stage");

    private final String label;

    Part(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  /**
   * A row.
   *
   * @param ways of PyTorch, the most wanted first
   */
  record Row(Part part, int batch, List<String> ways) {
    /** Seconds that it would like to have on a GPU; ours, then PyTorch's ways. */
    double seconds() {
      double seconds = part == Part.STAGE ? 50 : 10;
      for (String way : ways) {
        seconds += seconds(way);
      }
      return seconds;
    }

    /** Seconds that a way of PyTorch is thought to take, with its preparation. */
    static double seconds(String way) {
      return way.equals("compiled") ? 45 : way.equals("compiled blocks") ? 20 : 6;
    }
  }

  /**
   * Rows that share a model on a device.
   *
   * @param name of the model: {@code vit-l-14}
   */
  record Group(String name, Sizes sizes, Precision precision, List<Row> rows) {
    String key(Row row) {
      return "%s/%s/%d".formatted(prefix(), row.part().label(), row.batch());
    }

    /** Model and precision, with which the group's keys begin. */
    String prefix() {
      return name + "/" + label();
    }

    String label() {
      return precision.name().toLowerCase(Locale.ROOT);
    }
  }

  /** All rows of a run. */
  static List<Group> of(BenchSettings settings) {
    List<Group> groups = new ArrayList<>();
    for (Precision precision : List.of(Precision.BF16, Precision.TF32, Precision.F32)) {
      if (settings.tiny() && settings.architecture() == null) {
        groups.add(group("tiny", settings.sizes(), precision, true));
        continue;
      }
      List<ClipArchitecture> chosen =
          settings.architecture() == null ? ARCHITECTURES : List.of(settings.architecture());
      for (ClipArchitecture architecture : chosen) {
        groups.add(
            group(
                architecture.optionName(),
                settings.sizes(architecture),
                precision,
                architecture == chosen.getFirst()));
      }
    }
    return groups;
  }

  /**
   * @param stage whether the whole behaviour stage is run with this model
   */
  private static Group group(String name, Sizes sizes, Precision precision, boolean stage) {
    int batch = sizes.batch();
    if (precision != Precision.BF16) {
      List<Row> rows =
          List.of(
              new Row(Part.INFERENCE, batch, List.of("eager", "transformers eager")),
              new Row(Part.INFERENCE, 4 * batch, List.of("eager")));
      return new Group(name, sizes, precision, rows);
    }
    List<Row> rows = new ArrayList<>();
    rows.add(
        new Row(
            Part.INFERENCE,
            batch,
            List.of("eager", "compiled", "eager autocast", "transformers eager")));
    rows.add(
        new Row(
            Part.ADAPTER,
            batch,
            List.of("eager", "eager bf16 base", "peft eager", "compiled blocks")));
    rows.add(
        new Row(Part.TRAINING, batch, List.of("eager", "compiled blocks", "transformers eager")));
    rows.add(new Row(Part.CACHED, batch, List.of()));
    if (stage) {
      rows.add(new Row(Part.STAGE, batch, List.of()));
    }
    rows.add(new Row(Part.INFERENCE, 4 * batch, List.of("eager", "compiled blocks")));
    rows.add(new Row(Part.ADAPTER, 2 * batch, List.of("eager", "eager bf16 base")));
    rows.add(new Row(Part.TRAINING, 2 * batch, List.of("eager")));
    return new Group(name, sizes, precision, rows);
  }
}
