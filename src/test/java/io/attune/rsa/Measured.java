package io.attune.rsa;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.IntStream;

/** What numpy and scipy computed: measures.json, written by src/test/python/rsa_references.py. */
final class Measured {
  static final int CONDITIONS = 8;

  private final JsonNode root;

  private Measured(JsonNode root) {
    this.root = root;
  }

  static Measured read() {
    try (InputStream in = Measured.class.getResourceAsStream("measures.json")) {
      return new Measured(new ObjectMapper().readTree(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> names(int n) {
    return IntStream.range(0, n).mapToObj(i -> "c" + i).toList();
  }

  double number(String... path) {
    return find(path).doubleValue();
  }

  double[] numbers(String... path) {
    return numbers(find(path));
  }

  double[][] rows(String... path) {
    JsonNode node = find(path);
    return IntStream.range(0, node.size())
        .mapToObj(i -> numbers(node.get(i)))
        .toArray(double[][]::new);
  }

  double[][][] cube(String name) {
    JsonNode node = root.get(name);
    double[][][] cube = new double[node.size()][][];
    for (int i = 0; i < cube.length; i++) {
      cube[i] = new double[node.get(i).size()][];
      for (int j = 0; j < cube[i].length; j++) {
        cube[i][j] = numbers(node.get(i).get(j));
      }
    }
    return cube;
  }

  Rdm rdm(String name) {
    return Rdm.ofCondensed(names(CONDITIONS), numbers(name));
  }

  private JsonNode find(String... path) {
    JsonNode node = root;
    for (String name : path) {
      node = node.required(name);
    }
    return node;
  }

  private static double[] numbers(JsonNode node) {
    return IntStream.range(0, node.size())
        .mapToDouble(i -> node.get(i).isNull() ? Double.NaN : node.get(i).doubleValue())
        .toArray();
  }
}
