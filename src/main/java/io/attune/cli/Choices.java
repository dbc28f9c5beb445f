package io.attune.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * Options that take one of a few words: in lower case with hyphens, as help has them, and as a
 * wrong one is answered. Capitals and underscores are understood too.
 */
final class Choices {
  private Choices() {}

  /** Reads all such options of a command line and its commands so. */
  static void register(CommandLine line) {
    for (ArgSpec option : line.getCommandSpec().options()) {
      if (option.type().isEnum()) {
        register(line, option.type());
      }
    }
    line.getSubcommands().values().forEach(Choices::register);
  }

  private static <T> void register(CommandLine line, Class<T> type) {
    line.registerConverter(type, converter(type));
  }

  private static <T> ITypeConverter<T> converter(Class<T> type) {
    return value ->
        Stream.of(type.getEnumConstants())
            .filter(constant -> name((Enum<?>) constant).equals(word(value)))
            .findFirst()
            .orElseThrow(
                () ->
                    new TypeConversionException(
                        "expected %s, found '%s'".formatted(listed(type), value)));
  }

  /** The words, as in {@code error, drop or zero}. */
  private static String listed(Class<?> type) {
    List<String> names =
        Arrays.stream(type.getEnumConstants()).map(constant -> name((Enum<?>) constant)).toList();
    int last = names.size() - 1;
    return names.subList(0, last).stream().collect(Collectors.joining(", "))
        + " or "
        + names.get(last);
  }

  private static String name(Enum<?> constant) {
    return word(constant.name());
  }

  private static String word(String value) {
    return value.toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
