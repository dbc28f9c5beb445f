package io.attune.data.rdm;

import io.attune.rsa.Rdms;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * RDMs whose files stay open while they are used: small ones are held, large ones are read one at a
 * time whenever they are asked for.
 */
public final class OpenRdms implements AutoCloseable {
  private final Rdms rdms;
  private final List<ArrayFile> files;

  private OpenRdms(Rdms rdms, List<ArrayFile> files) {
    this.rdms = rdms;
    this.files = List.copyOf(files);
  }

  /** Of one file, taken over. */
  static OpenRdms of(Rdms rdms, ArrayFile file) {
    return new OpenRdms(rdms, List.of(file));
  }

  /**
   * Those of several, matched by condition.
   *
   * @param parts taken over
   * @throws io.attune.InputException as {@link Rdms#join} does
   */
  public static OpenRdms join(List<OpenRdms> parts) {
    return new OpenRdms(
        Rdms.join(parts.stream().map(OpenRdms::rdms).toList()),
        parts.stream().flatMap(part -> part.files.stream()).toList());
  }

  /** The same files with their RDMs chosen or changed. */
  public OpenRdms with(UnaryOperator<Rdms> change) {
    return new OpenRdms(change.apply(rdms), files);
  }

  /** To be used before the files are closed. */
  public Rdms rdms() {
    return rdms;
  }

  @Override
  public void close() {
    files.forEach(ArrayFile::close);
  }
}
