package io.attune.clip;

import io.attune.InputException;
import io.attune.device.op.Activation;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Well-known sizes, and the project's own tiny one (see spec: published configs). */
public enum ClipArchitecture {
  VIT_B_32(768, 12, 12, 32, 224, 512, 12, 8, 512, 49408, 77),
  VIT_B_16(768, 12, 12, 16, 224, 512, 12, 8, 512, 49408, 77),
  VIT_L_14(1024, 24, 16, 14, 224, 768, 12, 12, 768, 49408, 77),
  TINY(160, 6, 5, 8, 64, 128, 3, 4, 128, 1024, 77);

  private final ClipConfig config;

  ClipArchitecture(
      int width,
      int blocks,
      int heads,
      int patch,
      int image,
      int textWidth,
      int textBlocks,
      int textHeads,
      int projection,
      int vocabulary,
      int context) {
    this.config =
        new ClipConfig(
            new ClipConfig.Tower(width, 4 * width, blocks, heads, Activation.QUICK_GELU, 1e-5),
            image,
            patch,
            3,
            new ClipConfig.Tower(
                textWidth, 4 * textWidth, textBlocks, textHeads, Activation.QUICK_GELU, 1e-5),
            vocabulary,
            context,
            vocabulary - 1,
            projection,
            Math.log(1 / 0.07));
  }

  public ClipConfig config() {
    return config;
  }

  /** Its name on the command line, such as {@code vit-b-32}. */
  public String optionName() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /** The architecture of that name. */
  public static ClipArchitecture named(String name) {
    return Arrays.stream(values())
        .filter(architecture -> architecture.optionName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "no architecture \"%s\"; there are %s"
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .map(ClipArchitecture::optionName)
                                .collect(Collectors.joining(", ")))));
  }
}
