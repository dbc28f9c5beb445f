package io.attune.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.format.AtomicFile;
import io.attune.format.JsonFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which concepts train, which decide when to stop, and which are only ever scored. Stored with a
 * run, so that it can be gone over again.
 *
 * @param seed what it was drawn with
 * @param train in the order drawn
 * @param validation in the order drawn
 * @param heldOut as given
 */
public record Split(long seed, List<String> train, List<String> validation, List<String> heldOut) {
  private static final int STREAM = 0x5350; // of Philox, for splits alone

  /**
   * @throws InputException if a concept is in two parts
   */
  public Split {
    train = List.copyOf(train);
    validation = List.copyOf(validation);
    heldOut = List.copyOf(heldOut);
    Set<String> seen = new HashSet<>();
    for (List<String> part : List.of(train, validation, heldOut)) {
      for (String concept : part) {
        if (!seen.add(concept)) {
          throw new InputException("split: concept " + concept + " appears twice");
        }
      }
    }
  }

  /**
   * Draws a split: the concepts that are not held out are shuffled; the first {@code floor(fraction
   * n)} train, the others validate.
   *
   * @param fraction of training concepts, above 0 and below 1
   * @throws InputException if training or validation would be empty
   */
  public static Split draw(
      List<String> concepts, List<String> heldOut, double fraction, long seed) {
    return draw(concepts, heldOut, Integer.MAX_VALUE, fraction, seed);
  }

  /**
   * As the other, of no more than some concepts: the first of those shuffled, so that fewer are
   * among more. The others are in no part.
   *
   * @param most how many train and validate together
   */
  public static Split draw(
      List<String> concepts, List<String> heldOut, int most, double fraction, long seed) {
    Set<String> held = new HashSet<>(heldOut);
    List<String> open = concepts.stream().filter(concept -> !held.contains(concept)).toList();
    int used = Math.min(most, open.size());
    // 0.8 is a little above 4/5 in binary, 0.7 a little below 7/10: whole products stay whole.
    int training = (int) Math.floor(fraction * used + 1e-9);
    if (training < 1 || training >= used) {
      throw new InputException(
          "split: %d concepts are too few to give %s of them to training and the rest to validation"
              .formatted(used, fraction));
    }
    List<String> shuffled = new ArrayList<>();
    for (int place : new Philox(new PhiloxKey(seed, STREAM, 0)).permutation(open.size())) {
      shuffled.add(open.get(place));
    }
    return new Split(
        seed, shuffled.subList(0, training), shuffled.subList(training, used), heldOut);
  }

  /** JSON with the fields of this record. */
  public String toJson() {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes {@link #toJson}, whole or not at all. */
  public void write(Path file) {
    AtomicFile.writeText(file, toJson());
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws InputException if the file is not such JSON or a concept is in two parts
   */
  public static Split read(Path file) {
    try {
      return new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .readValue(Files.readString(file), Split.class);
    } catch (JsonProcessingException e) {
      throw new InputException("%s: not a split: %s".formatted(file, JsonFault.of(e)), e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }
}
