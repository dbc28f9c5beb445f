package io.attune.data.synthetic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.format.JsonFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** How well a perfect model of a synthetic THINGS would agree with its judgements. */
public final class PlantedCeiling {
  private PlantedCeiling() {}

  /**
   * Spearman's correlation of the true dimensions' RDM with the folder's RDM48; empty where the
   * folder has no {@code truth.json}, as a real THINGS has none.
   *
   * @throws InputException if the file is not what the generator writes
   */
  public static OptionalDouble read(Path things) {
    Path file = things.resolve("truth.json");
    if (!Files.exists(file)) {
      return OptionalDouble.empty();
    }
    try {
      JsonNode ceiling = new ObjectMapper().readTree(Files.readString(file)).path("ceiling");
      if (!ceiling.isNumber()) {
        throw new InputException(file + ": expected a number named ceiling");
      }
      return OptionalDouble.of(ceiling.doubleValue());
    } catch (JsonProcessingException e) {
      throw new InputException("%s: not JSON: %s".formatted(file, JsonFault.of(e)), e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }
}
