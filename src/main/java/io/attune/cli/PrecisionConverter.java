package io.attune.cli;

import io.attune.device.Precision;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code f32}, {@code tf32} and {@code bf16}. */
final class PrecisionConverter implements ITypeConverter<Precision> {
  @Override
  public Precision convert(String value) {
    for (Precision precision : Precision.values()) {
      if (precision.name().toLowerCase(Locale.ROOT).equals(value)) {
        return precision;
      }
    }
    throw new TypeConversionException("'" + value + "' is not f32, tf32 or bf16");
  }
}
