package io.attune.cli;

import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A path that must end in {@code .html} or {@code .htm}. */
final class HtmlPathConverter implements ITypeConverter<Path> {
  @Override
  public Path convert(String value) {
    if (!value.endsWith(".html") && !value.endsWith(".htm")) {
      throw new TypeConversionException("expected a file name ending in .html, found " + value);
    }
    return Path.of(value);
  }
}
