package io.attune.cli;

import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A path that must end in {@code .npy}. */
final class NpyPathConverter implements ITypeConverter<Path> {
  @Override
  public Path convert(String value) {
    if (!value.endsWith(".npy")) {
      throw new TypeConversionException("expected a file name ending in .npy, found " + value);
    }
    return Path.of(value);
  }
}
