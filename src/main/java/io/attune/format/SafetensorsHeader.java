package io.attune.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The JSON header of a safetensors file. Everything it claims is checked against the bytes that are
 * there before anyone may use it: types are known, shapes and offsets agree, and the tensors follow
 * one another without gap or overlap to the end of the file.
 *
 * @param tensors by name
 * @param metadata the strings under {@code __metadata__}
 */
record SafetensorsHeader(SortedMap<String, Entry> tensors, SortedMap<String, String> metadata) {
  static final int LONGEST = 100_000_000;
  static final String METADATA = "__metadata__";

  private static final int DEEPEST = 8;
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(LONGEST)
                  .maxNameLength(LONGEST)
                  .maxNestingDepth(DEEPEST)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  /** A tensor and its bytes {@code begin} to {@code end}, counted from the header's end. */
  record Entry(TensorInfo info, long begin, long end) {}

  /**
   * Reads a header.
   *
   * @param json the header's bytes, without the length before them
   * @param dataLength bytes of the file after the header
   * @param file what messages call the file
   */
  static SafetensorsHeader parse(byte[] json, long dataLength, String file) {
    if (json.length == 0 || json[0] != '{') {
      throw new InputException(
          "%s: not a safetensors file: its header does not begin with '{'".formatted(file));
    }
    SortedMap<String, Entry> tensors = new TreeMap<>();
    SortedMap<String, String> metadata = new TreeMap<>();
    try (Reader text = strictUtf8(json);
        JsonParser parser = JSON.createParser(text)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
          throw bad(file, "a name holds half of a surrogate pair");
        }
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          throw bad(file, "the value of " + quoted(name) + " is not an object");
        }
        if (name.equals(METADATA)) {
          readMetadata(parser, metadata, file);
        } else {
          tensors.put(name, readTensor(parser, name, file));
        }
      }
      if (parser.nextToken() != null) {
        throw bad(file, "there is something after the closing brace");
      }
    } catch (CharacterCodingException e) {
      throw new InputException("%s: the header is not valid UTF-8".formatted(file), e);
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: malformed safetensors header: %s".formatted(file, firstLine(e)), e);
    } catch (IOException e) {
      throw new InputException("%s: cannot read: %s".formatted(file, e.getMessage()), e);
    }
    requireContiguous(tensors, dataLength, file);
    return new SafetensorsHeader(tensors, metadata);
  }

  private static Reader strictUtf8(byte[] json) {
    return new InputStreamReader(
        new ByteArrayInputStream(json),
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT));
  }

  private static void readMetadata(JsonParser parser, SortedMap<String, String> into, String file)
      throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw bad(file, "__metadata__ entry " + quoted(key) + " is not a string");
      }
      into.put(key, parser.getText());
    }
  }

  private static Entry readTensor(JsonParser parser, String name, String file) throws IOException {
    DType dtype = null;
    long[] dims = null;
    long[] offsets = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "dtype" -> dtype = readType(parser, name, file);
        case "shape" -> dims = readNumbers(parser, name, key, file);
        case "data_offsets" -> offsets = readNumbers(parser, name, key, file);
        default -> throw bad(file, "tensor %s has an unknown entry %s", quoted(name), quoted(key));
      }
    }
    if (dtype == null || dims == null || offsets == null) {
      throw bad(file, "tensor %s lacks dtype, shape or data_offsets", quoted(name));
    }
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw bad(
          file,
          "tensor %s has data_offsets %s, expected [begin, end]",
          quoted(name),
          shortened(offsets));
    }
    Shape shape;
    long bytes;
    try {
      shape = Shape.of(dims);
      bytes = Math.multiplyExact(shape.size(), dtype.bytes());
    } catch (ArithmeticException e) {
      throw bad(file, "tensor %s has impossible shape %s", quoted(name), shortened(dims));
    }
    if (offsets[1] - offsets[0] != bytes) {
      throw bad(
          file,
          "tensor %s, %s %s, needs %d bytes, but its data_offsets %s hold %d",
          quoted(name),
          dtype,
          shortened(dims),
          bytes,
          shortened(offsets),
          offsets[1] - offsets[0]);
    }
    return new Entry(new TensorInfo(name, dtype, shape), offsets[0], offsets[1]);
  }

  private static DType readType(JsonParser parser, String name, String file) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw bad(file, "tensor %s has a dtype that is not a string", quoted(name));
    }
    String text = parser.getText();
    return DType.named(text)
        .orElseThrow(
            () ->
                bad(
                    file,
                    "tensor %s has unknown dtype %s; known are %s",
                    quoted(name),
                    quoted(text),
                    Arrays.toString(DType.values())));
  }

  private static long[] readNumbers(JsonParser parser, String name, String key, String file)
      throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw bad(file, "tensor %s has a %s that is not an array", quoted(name), key);
    }
    long[] numbers = new long[4];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || parser.getLongValue() < 0) {
        throw bad(file, "tensor %s: %s must hold whole numbers from 0", quoted(name), key);
      }
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count++] = parser.getLongValue();
    }
    return Arrays.copyOf(numbers, count);
  }

  private static void requireContiguous(
      SortedMap<String, Entry> tensors, long dataLength, String file) {
    List<Entry> ordered = new ArrayList<>(tensors.values());
    ordered.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long end = 0;
    for (Entry entry : ordered) {
      if (entry.begin() != end) {
        throw bad(
            file,
            "tensor %s begins at byte %d, expected %d (%s)",
            quoted(entry.info().name()),
            entry.begin(),
            end,
            entry.begin() < end ? "tensors overlap" : "there is a gap");
      }
      end = entry.end();
    }
    if (end != dataLength) {
      throw new InputException(
          "%s: the header describes %d bytes of tensors, the file holds %d; it is %s"
              .formatted(
                  file,
                  end,
                  dataLength,
                  end > dataLength ? "cut short" : "followed by other data"));
    }
  }

  private static InputException bad(String file, String format, Object... args) {
    return new InputException(
        file
            + ": malformed safetensors header: "
            + (args.length == 0 ? format : format.formatted(args)));
  }

  private static String firstLine(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    String line = message.lines().findFirst().orElse("not JSON");
    return line.length() > 200 ? line.substring(0, 200) + "..." : line;
  }

  private static String quoted(String text) {
    String shown = text.length() > 120 ? text.substring(0, 120) + "..." : text;
    return "\"" + shown.replaceAll("\\p{Cntrl}", "?") + "\"";
  }

  private static String shortened(long[] numbers) {
    String shown = Arrays.toString(Arrays.copyOf(numbers, Math.min(numbers.length, 8)));
    return numbers.length > 8 ? shown.replace("]", ", ...]") : shown;
  }
}
