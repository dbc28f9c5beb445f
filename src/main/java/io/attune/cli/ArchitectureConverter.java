package io.attune.cli;

import io.attune.InputException;
import io.attune.clip.ClipArchitecture;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code vit-l-14} and the like. */
final class ArchitectureConverter implements ITypeConverter<ClipArchitecture> {
  @Override
  public ClipArchitecture convert(String value) {
    try {
      return ClipArchitecture.named(value);
    } catch (InputException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
