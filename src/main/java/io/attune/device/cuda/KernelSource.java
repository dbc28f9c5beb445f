package io.attune.device.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A packaged .cu file with the headers that it reaches, as a compiler without a file system takes
 * them.
 *
 * @param name the file's, in the folder kernels/
 * @param text its content, includes by their paths
 * @param headers content by path in the folder kernels/
 */
record KernelSource(String name, String text, Map<String, String> headers) {
  private static final Pattern INCLUDE = Pattern.compile("(?m)^\\s*#include \"([^\"]+)\"");

  /**
   * @param family a file of the folder kernels/, without its ending
   * @throws IllegalArgumentException where the jar holds no such file
   */
  static KernelSource of(String family) {
    String name = family + ".cu";
    String text = read(name);
    if (text == null) {
      throw new IllegalArgumentException("there is no kernels/" + name + " in this build");
    }
    Map<String, String> headers = new TreeMap<>();
    return new KernelSource(name, resolve(name, text, headers), headers);
  }

  /**
   * Adds what the file includes, and names it by its path in the folder kernels/ wherever it is
   * included: NVRTC knows headers by the very words of the include. The emulation's header is not
   * packaged, nor needed on a GPU.
   */
  private static String resolve(String file, String text, Map<String, String> headers) {
    return INCLUDE
        .matcher(text)
        .replaceAll(
            include -> {
              Path beside = Path.of(file).resolveSibling(include.group(1)).normalize();
              String header = beside.toString().replace('\\', '/');
              if (!headers.containsKey(header)) {
                String content = read(header);
                if (content == null) {
                  return Matcher.quoteReplacement(include.group());
                }
                headers.put(header, content); // so that a circle ends
                headers.put(header, resolve(header, content, headers));
              }
              return Matcher.quoteReplacement("#include \"" + header + "\"");
            });
  }

  private static String read(String file) {
    try (InputStream in = KernelSource.class.getResourceAsStream("kernels/" + file)) {
      return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
