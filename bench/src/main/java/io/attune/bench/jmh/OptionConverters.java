package io.attune.bench.jmh;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What values of options become, or a line that says what was expected and found. */
final class OptionConverters {
  private OptionConverters() {}

  /** A whole number of at least 1. */
  static final class Positive implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      if (!value.matches("0*[1-9]\\d{0,8}")) {
        throw new TypeConversionException("expected a whole number of at least 1, found " + value);
      }
      return Integer.valueOf(value);
    }
  }

  /** A regular expression. */
  static final class Regex implements ITypeConverter<Pattern> {
    @Override
    public Pattern convert(String value) {
      try {
        return Pattern.compile(value);
      } catch (PatternSyntaxException e) {
        throw new TypeConversionException(
            "expected a regular expression, found %s: %s near character %d"
                .formatted(value, e.getDescription().toLowerCase(Locale.ROOT), e.getIndex()));
      }
    }
  }

  /** A provider's label. */
  static final class OfProvider implements ITypeConverter<Provider> {
    @Override
    public Provider convert(String value) {
      return named(value, Arrays.asList(Provider.values()), Provider::label);
    }
  }

  /** A clock's label. */
  static final class OfClock implements ITypeConverter<Plan.Clock> {
    @Override
    public Plan.Clock convert(String value) {
      return named(value, Arrays.asList(Plan.Clock.values()), Plan.Clock::label);
    }
  }

  private static <T> T named(String value, List<T> all, Function<T, String> label) {
    return all.stream()
        .filter(one -> label.apply(one).equalsIgnoreCase(value))
        .findFirst()
        .orElseThrow(
            () -> {
              Stream<String> labels = all.stream().map(label);
              return new TypeConversionException(
                  "expected one of %s, found \"%s\""
                      .formatted(labels.collect(Collectors.joining(", ")), value));
            });
  }
}
