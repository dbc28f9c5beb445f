package io.attune.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A model whose tensors are spread over several safetensors files, with an index ({@code
 * model.safetensors.index.json}) that says which file holds which tensor. All shards are opened and
 * checked at once.
 */
public final class ShardedSafetensors implements TensorSource {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String index;
  private final SortedMap<String, Safetensors> shards;
  private final SortedMap<String, Safetensors> owners;
  private final SortedMap<String, String> metadata;

  private ShardedSafetensors(
      String index,
      SortedMap<String, Safetensors> shards,
      SortedMap<String, Safetensors> owners,
      SortedMap<String, String> metadata) {
    this.index = index;
    this.shards = shards;
    this.owners = owners;
    this.metadata = metadata;
  }

  /**
   * Opens an index and its shards.
   *
   * @throws InputException if the index is malformed, names a file outside its folder, or a shard
   *     or a tensor is missing
   */
  public static ShardedSafetensors open(Path index) {
    JsonNode root = readIndex(index);
    JsonNode weightMap = root.path("weight_map");
    if (!weightMap.isObject()) {
      throw new InputException("%s: has no object \"weight_map\"".formatted(index));
    }
    SortedMap<String, String> metadata = new TreeMap<>();
    root.path("metadata")
        .properties()
        .forEach(e -> metadata.put(e.getKey(), e.getValue().asText()));
    SortedMap<String, Safetensors> shards = new TreeMap<>();
    SortedMap<String, Safetensors> owners = new TreeMap<>();
    try {
      for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
        String shardName = shardName(index, entry);
        Safetensors shard = shards.get(shardName);
        if (shard == null) {
          shard = openShard(index, shardName);
          shards.put(shardName, shard);
        }
        if (!shard.contains(entry.getKey())) {
          throw new InputException(
              "%s: tensor %s should be in shard %s and is not"
                  .formatted(index, entry.getKey(), shardName));
        }
        owners.put(entry.getKey(), shard);
      }
    } catch (RuntimeException e) {
      shards.values().forEach(Safetensors::close);
      throw e;
    }
    return new ShardedSafetensors(index.toString(), shards, owners, metadata);
  }

  private static JsonNode readIndex(Path index) {
    try {
      if (Files.size(index) > SafetensorsHeader.LONGEST) {
        throw new InputException(
            "%s: %d bytes are too many for an index of shards".formatted(index, Files.size(index)));
      }
      return JSON.readTree(Files.readAllBytes(index));
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: malformed JSON at line %d: %s"
              .formatted(
                  index,
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("")),
          e);
    } catch (IOException e) {
      throw new InputException("%s: cannot read: %s".formatted(index, e.getMessage()), e);
    }
  }

  private static String shardName(Path index, Map.Entry<String, JsonNode> entry) {
    if (!entry.getValue().isTextual()) {
      throw new InputException(
          "%s: weight_map entry %s is not the name of a file".formatted(index, entry.getKey()));
    }
    String name = entry.getValue().asText();
    boolean isInside;
    try {
      Path relative = Path.of(name);
      isInside =
          !name.isEmpty()
              && !relative.isAbsolute()
              && !name.contains("\\")
              && !name.matches("[A-Za-z]:.*")
              && relative.equals(relative.normalize())
              && !relative.startsWith("..");
    } catch (InvalidPathException e) {
      isInside = false;
    }
    if (!isInside) {
      throw new InputException(
          "%s: tensor %s names shard \"%s\", which is not a plain path inside the model's folder"
              .formatted(index, entry.getKey(), name.replaceAll("\\p{Cntrl}", "?")));
    }
    return name;
  }

  private static Safetensors openShard(Path index, String name) {
    Path shard = index.toAbsolutePath().getParent().resolve(name);
    if (!Files.exists(shard)) {
      throw new InputException(
          "%s: shard %s is missing; the download may be incomplete".formatted(index, name));
    }
    return Safetensors.open(shard);
  }

  @Override
  public String location() {
    return index;
  }

  @Override
  public SortedSet<String> names() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(owners.keySet()));
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  @Override
  public TensorInfo info(String name) {
    return owner(name).info(name);
  }

  @Override
  public void read(String name, long from, float[] into, int at, int count) {
    owner(name).read(name, from, into, at, count);
  }

  @Override
  public void readDoubles(String name, long from, double[] into, int at, int count) {
    owner(name).readDoubles(name, from, into, at, count);
  }

  @Override
  public void readLongs(String name, long from, long[] into, int at, int count) {
    owner(name).readLongs(name, from, into, at, count);
  }

  @Override
  public void close() {
    shards.values().forEach(Safetensors::close);
  }

  private Safetensors owner(String name) {
    Safetensors owner = owners.get(name);
    if (owner == null) {
      throw new InputException("%s: no tensor named %s".formatted(index, name));
    }
    return owner;
  }
}
