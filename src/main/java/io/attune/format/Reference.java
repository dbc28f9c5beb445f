package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Inputs, activations and gradients of one step that another implementation computed: a safetensors
 * file whose metadata says {@code format = attune-reference/1} and {@code loss}. Opening it checks
 * everything against the model, so that what is read later has the right shape and is finite.
 */
public final class Reference implements AutoCloseable {
  private static final String FORMAT = "attune-reference/1";
  private static final String GRADIENT = "gradient.";
  private static final int CHUNK = 1 << 16;

  /** What the gradients are gradients of. */
  public enum Loss {
    NONE,
    CONTRASTIVE,
    BEHAVIOR,
    MEG
  }

  /**
   * An adapter of the output projection of a block's attention, as the paper defines it.
   *
   * @param tower {@code vision} or {@code text}
   * @param m magnitudes [out]
   * @param a down projection [rank, out]
   * @param b up projection [in, rank]
   */
  public record Adapter(String tower, int block, int rank, float[] m, float[] a, float[] b) {}

  private final TensorSource source;
  private final Loss loss;
  private final ReferenceExtents extents;

  private Reference(TensorSource source, ReferenceModel model) {
    this.source = source;
    this.extents = new ReferenceExtents(source, model);
    if (!FORMAT.equals(source.metadata().get("format"))) {
      throw bad("its metadata has format %s, expected %s", source.metadata().get("format"), FORMAT);
    }
    this.loss = readLoss();
    ReferenceLayout layout = new ReferenceLayout(loss, model);
    List<String> inputs = new ArrayList<>(ReferenceLayout.INPUTS);
    inputs.addAll(
        switch (loss) {
          case BEHAVIOR -> ReferenceLayout.BEHAVIOR_INPUTS;
          case MEG -> ReferenceLayout.MEG_INPUTS;
          default -> List.<String>of();
        });
    for (String input : inputs) {
      if (!source.contains(input)) {
        throw bad("input tensor %s is missing; loss %s needs it", input, lower(loss));
      }
      extents.check(input, layout.axes(input));
    }
    for (String name : source.names()) {
      check(name, layout, model);
    }
    checkAdapters();
    checkIds(model.vocabulary());
    checkSettings();
    if (loss == Loss.CONTRASTIVE && images() != texts()) {
      throw bad(
          "loss contrastive needs as many images as texts, found %d and %d", images(), texts());
    }
    if (compared().isEmpty()) {
      throw bad("it holds inputs only: no activation, loss or gradient to compare");
    }
  }

  /**
   * Opens a reference and checks it.
   *
   * @throws InputException naming the tensor, if a name is unknown, an input is missing, a shape
   *     does not fit the model or the other tensors, or a number is not finite
   */
  public static Reference open(Path file, ReferenceModel model) {
    Safetensors source = Safetensors.open(file);
    try {
      return new Reference(source, model);
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }

  public Loss loss() {
    return loss;
  }

  /** Number of images, B. */
  public int images() {
    return extents.get("B");
  }

  /** Number of texts, N; the number of prompts, K, for behavior and meg. */
  public int texts() {
    return extents.get("N");
  }

  /** Number of time points, T, of a meg reference. */
  public int timePoints() {
    return extents.get("T");
  }

  /** A number among the metadata, such as {@code adapter.alpha} or {@code weight.mse}. */
  public double setting(String key) {
    String text = source.metadata().get(key);
    if (text == null) {
      throw bad("its metadata lacks %s", key);
    }
    try {
      double value = Double.parseDouble(text);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw bad("its metadata has %s = \"%s\", expected a number", key, text);
    }
    throw bad("its metadata has %s = \"%s\", expected a finite number", key, text);
  }

  /** The tensors themselves. */
  public TensorSource tensors() {
    return source;
  }

  /** Names of the tensors to compare: activations, losses and gradients. */
  public SortedSet<String> compared() {
    SortedSet<String> names = new TreeSet<>(source.names());
    names.removeIf(name -> name.startsWith("input.") || name.startsWith("adapter."));
    return names;
  }

  /** All adapters, vision before text, by block. */
  public List<Adapter> adapters() {
    List<Adapter> adapters = new ArrayList<>();
    for (String tower : List.of("vision", "text")) {
      source.names().stream()
          .filter(name -> name.startsWith("adapter." + tower + ".") && name.endsWith(".m"))
          .map(name -> Integer.valueOf(ReferenceLayout.adapter(name)[1]))
          .sorted()
          .forEach(block -> adapters.add(adapter(tower, block)));
    }
    return adapters;
  }

  @Override
  public void close() {
    source.close();
  }

  private Adapter adapter(String tower, int block) {
    String prefix = "adapter.%s.%d.".formatted(tower, block);
    return new Adapter(
        tower,
        block,
        source.info(prefix + "A").shape().dim(0),
        source.read(prefix + "m"),
        source.read(prefix + "A"),
        source.read(prefix + "B"));
  }

  private Loss readLoss() {
    String name = source.metadata().get("loss");
    for (Loss known : Loss.values()) {
      if (lower(known).equals(name)) {
        return known;
      }
    }
    throw bad("its metadata has loss %s, expected none, contrastive, behavior or meg", name);
  }

  private void check(String name, ReferenceLayout layout, ReferenceModel model) {
    String axes = layout.axes(name);
    Shape parameter =
        name.startsWith(GRADIENT) && loss != Loss.NONE
            ? model.parameters().get(name.substring(GRADIENT.length()))
            : null;
    if (axes != null) {
      extents.check(name, axes);
    } else if (parameter != null) {
      checkGradient(name, parameter);
    } else {
      throw bad(
          "unknown tensor %s (loss %s, %d and %d blocks in the model)",
          name, lower(loss), model.visionBlocks(), model.textBlocks());
    }
    if (name.equals("input.input_ids")) {
      return;
    }
    if (!source.info(name).dtype().isFloating()) {
      throw bad("tensor %s is %s, expected floating numbers", name, source.info(name).dtype());
    }
    checkFinite(name);
  }

  private void checkGradient(String name, Shape parameter) {
    Shape found = source.info(name).shape();
    boolean bothScalar = found.size() == 1 && parameter.size() == 1 && found.rank() < 2;
    if (!found.equals(parameter) && !bothScalar) {
      throw bad("tensor %s has shape %s, the parameter has %s", name, found, parameter);
    }
    String fixedBy =
        name.substring(GRADIENT.length())
            .replaceFirst(
                "^(vision|text)_model\\.encoder\\.layers\\.(\\d+)\\.self_attn\\.out_proj\\.weight$",
                "adapter.$1.$2.m");
    if (source.contains(fixedBy)) {
      throw bad("tensor %s: an adapted projection is fixed and has no gradient", name);
    }
  }

  private void checkFinite(String name) {
    long size = source.info(name).size();
    double[] part = new double[(int) Math.min(CHUNK, size)];
    for (long from = 0; from < size; from += part.length) {
      int count = (int) Math.min(part.length, size - from);
      source.readDoubles(name, from, part, 0, count);
      for (int i = 0; i < count; i++) {
        if (!Double.isFinite(part[i])) {
          throw bad("tensor %s holds %s at element %d", name, part[i], from + i);
        }
      }
    }
  }

  private void checkAdapters() {
    for (String name : source.names()) {
      String[] adapter = ReferenceLayout.adapter(name);
      if (adapter != null) {
        for (String part : List.of("m", "A", "B")) {
          String needed = "adapter.%s.%s.%s".formatted(adapter[0], adapter[1], part);
          if (!source.contains(needed)) {
            throw bad("input tensor %s is missing; %s needs it", needed, name);
          }
        }
      }
    }
  }

  private void checkIds(int vocabulary) {
    long[] ids = source.readLongs("input.input_ids");
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabulary) {
        throw bad(
            "tensor input.input_ids holds %d at element %d, the vocabulary has %d tokens",
            ids[i], i, vocabulary);
      }
    }
  }

  private void checkSettings() {
    if (source.names().stream().anyMatch(name -> name.startsWith("adapter."))) {
      setting("adapter.alpha");
    }
    if (loss == Loss.MEG) {
      ReferenceLayout.MEG_SETTINGS.forEach(this::setting);
      double window = setting("window");
      if (window < 0 || window != Math.rint(window)) {
        throw bad("its metadata has window = %s, expected a whole number of samples", window);
      }
    }
  }

  private static String lower(Loss loss) {
    return loss.name().toLowerCase(Locale.ROOT);
  }

  private InputException bad(String format, Object... args) {
    return new InputException(source.location() + ": " + format.formatted(args));
  }
}
