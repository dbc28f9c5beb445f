package io.attune.clip;

import io.attune.InputException;
import io.attune.format.TensorInfo;
import io.attune.format.TensorSource;
import io.attune.tensor.Shape;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A CLIP file with OpenAI's or open_clip's names, seen under Hugging Face's. Attention's stacked
 * query, key and value become three tensors and the two projections, which are stored as [width,
 * projection], are transposed; everything else only changes its name. Open_clip's custom text
 * towers put {@code text.} before every name of the text tower.
 */
public final class ForeignNames implements TensorSource {
  private static final String MARK = "visual.conv1.weight";
  private static final String HUGGING_FACE_MARK = "vision_model.embeddings.patch_embedding.weight";
  private static final String TEXT_MARK = "token_embedding.weight";
  private static final Pattern BLOCK =
      Pattern.compile("(visual\\.)?transformer\\.resblocks\\.(0|[1-9]\\d{0,3})\\.(.+)");
  private static final Set<String> IGNORED =
      Set.of("attn_mask", "input_resolution", "context_length", "vocab_size");
  private static final Set<String> TRANSPOSED = Set.of("visual.proj", "text_projection");
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("logit_scale", "logit_scale"),
          Map.entry("visual.class_embedding", "vision_model.embeddings.class_embedding"),
          Map.entry(MARK, HUGGING_FACE_MARK),
          Map.entry(
              "visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
          Map.entry("visual.ln_pre.weight", "vision_model.pre_layrnorm.weight"),
          Map.entry("visual.ln_pre.bias", "vision_model.pre_layrnorm.bias"),
          Map.entry("visual.ln_post.weight", "vision_model.post_layernorm.weight"),
          Map.entry("visual.ln_post.bias", "vision_model.post_layernorm.bias"),
          Map.entry("visual.proj", "visual_projection.weight"),
          Map.entry(TEXT_MARK, "text_model.embeddings.token_embedding.weight"),
          Map.entry("positional_embedding", "text_model.embeddings.position_embedding.weight"),
          Map.entry("ln_final.weight", "text_model.final_layer_norm.weight"),
          Map.entry("ln_final.bias", "text_model.final_layer_norm.bias"),
          Map.entry("text_projection", "text_projection.weight"),
          Map.entry("text_projection.weight", "text_projection.weight"));
  private static final Map<String, String> IN_BLOCK =
      Map.of(
          "ln_1", "layer_norm1",
          "ln_2", "layer_norm2",
          "attn.out_proj", "self_attn.out_proj",
          "mlp.c_fc", "mlp.fc1",
          "mlp.c_proj", "mlp.fc2");

  private final TensorSource source;
  private final SortedMap<String, View> views = new TreeMap<>();

  /** Where a tensor of ours lies in one of theirs: a run from an element on, or a transpose. */
  private record View(TensorInfo info, String stored, long from, boolean transposed) {}

  private ForeignNames(TensorSource source) {
    this.source = source;
    String textPrefix = source.contains("text." + TEXT_MARK) ? "text." : "";
    for (String stored : source.names()) {
      String name =
          !textPrefix.isEmpty() && stored.startsWith(textPrefix)
              ? stored.substring(textPrefix.length())
              : stored;
      if (!IGNORED.contains(name)) {
        map(stored, name);
      }
    }
  }

  /**
   * Gives {@code source} itself where it already has Hugging Face's names, a view under them where
   * it has OpenAI's or open_clip's. Closing the result closes the source.
   *
   * @throws InputException if the names are of neither kind, or the image tower is not a plain
   *     vision transformer
   */
  public static TensorSource resolve(TensorSource source) {
    if (source.contains(HUGGING_FACE_MARK)) {
      return source;
    }
    if (source.contains("visual.layer1.0.conv1.weight")
        || source.names().stream().anyMatch(name -> name.startsWith("visual.trunk."))) {
      throw new InputException(
          "%s: its image tower is not a plain vision transformer; only CLIP's ViT models are read"
              .formatted(source.location()));
    }
    if (!source.contains(MARK)) {
      throw new InputException(
          "%s: not a CLIP model: there is neither %s (Hugging Face) nor %s (OpenAI, open_clip)"
              .formatted(source.location(), HUGGING_FACE_MARK, MARK));
    }
    return new ForeignNames(source);
  }

  @Override
  public String location() {
    return source.location();
  }

  @Override
  public SortedSet<String> names() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(views.keySet()));
  }

  @Override
  public boolean contains(String name) {
    return views.containsKey(name);
  }

  @Override
  public Map<String, String> metadata() {
    return source.metadata();
  }

  @Override
  public TensorInfo info(String name) {
    return view(name).info();
  }

  @Override
  public void read(String name, long from, float[] into, int at, int count) {
    View view = view(name);
    Objects.checkFromIndexSize(from, count, view.info().size());
    if (!view.transposed()) {
      source.read(view.stored(), view.from() + from, into, at, count);
      return;
    }
    float[] stored = source.read(view.stored());
    for (int i = 0; i < count; i++) {
      into[at + i] = stored[transposedIndex(view, from + i)];
    }
  }

  @Override
  public void readDoubles(String name, long from, double[] into, int at, int count) {
    View view = view(name);
    Objects.checkFromIndexSize(from, count, view.info().size());
    if (!view.transposed()) {
      source.readDoubles(view.stored(), view.from() + from, into, at, count);
      return;
    }
    double[] stored = source.readDoubles(view.stored());
    for (int i = 0; i < count; i++) {
      into[at + i] = stored[transposedIndex(view, from + i)];
    }
  }

  @Override
  public void readLongs(String name, long from, long[] into, int at, int count) {
    View view = view(name);
    Objects.checkFromIndexSize(from, count, view.info().size());
    if (!view.transposed()) {
      source.readLongs(view.stored(), view.from() + from, into, at, count);
      return;
    }
    long[] stored = source.readLongs(view.stored());
    for (int i = 0; i < count; i++) {
      into[at + i] = stored[transposedIndex(view, from + i)];
    }
  }

  @Override
  public void close() {
    source.close();
  }

  /** Element (row, column) of ours is (column, row) of theirs. */
  private static int transposedIndex(View view, long element) {
    long rows = view.info().shape().dim(0);
    long columns = view.info().shape().dim(1);
    return Math.toIntExact(element % columns * rows + element / columns);
  }

  private View view(String name) {
    View view = views.get(name);
    if (view == null) {
      throw new InputException(
          "%s: no tensor that is Hugging Face's %s".formatted(source.location(), name));
    }
    return view;
  }

  private void map(String stored, String name) {
    String target = NAMES.get(name);
    if (target != null) {
      boolean transposed = TRANSPOSED.contains(name);
      long[] dims = source.info(stored).shape().dims();
      if (transposed) {
        requireRank(stored, dims, 2);
        dims = new long[] {dims[1], dims[0]};
      }
      put(target, stored, 0, Shape.of(dims), transposed);
      return;
    }
    Matcher block = BLOCK.matcher(name);
    if (!block.matches()) {
      throw unknown(stored);
    }
    String layer =
        (block.group(1) == null ? "text_model" : "vision_model")
            + ".encoder.layers."
            + block.group(2);
    mapBlock(stored, layer, block.group(3));
  }

  private void mapBlock(String stored, String layer, String part) {
    if (part.equals("attn.in_proj_weight") || part.equals("attn.in_proj_bias")) {
      split(stored, layer + ".self_attn.", part.endsWith("weight") ? "weight" : "bias");
      return;
    }
    int dot = part.lastIndexOf('.');
    String module = dot < 0 ? null : IN_BLOCK.get(part.substring(0, dot));
    String kind = part.substring(dot + 1);
    if (module == null || !(kind.equals("weight") || kind.equals("bias"))) {
      throw unknown(stored);
    }
    put(layer + "." + module + "." + kind, stored, 0, source.info(stored).shape(), false);
  }

  /** Rows 0..D, D..2D and 2D..3D are the query's, key's and value's. */
  private void split(String stored, String prefix, String kind) {
    long[] dims = source.info(stored).shape().dims();
    requireRank(stored, dims, kind.equals("weight") ? 2 : 1);
    if (dims[0] % 3 != 0) {
      throw new InputException(
          "%s: tensor %s %s cannot be split into query, key and value"
              .formatted(source.location(), stored, Shape.of(dims)));
    }
    dims[0] /= 3;
    Shape shape = Shape.of(dims);
    String[] projections = {"q_proj.", "k_proj.", "v_proj."};
    for (int i = 0; i < projections.length; i++) {
      put(prefix + projections[i] + kind, stored, i * shape.size(), shape, false);
    }
  }

  private void put(String name, String stored, long from, Shape shape, boolean transposed) {
    TensorInfo info = new TensorInfo(name, source.info(stored).dtype(), shape);
    View other = views.put(name, new View(info, stored, from, transposed));
    if (other != null) {
      throw new InputException(
          "%s: tensors %s and %s are both Hugging Face's %s"
              .formatted(source.location(), other.stored(), stored, name));
    }
  }

  private void requireRank(String stored, long[] dims, int rank) {
    if (dims.length != rank) {
      throw new InputException(
          "%s: tensor %s has shape %s, expected %d axes"
              .formatted(source.location(), stored, Shape.of(dims), rank));
    }
  }

  private InputException unknown(String stored) {
    return new InputException(
        "%s: tensor %s is not part of OpenAI's or open_clip's ViT models"
            .formatted(source.location(), stored));
  }
}
