package io.attune.train;

import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.PreprocessorConfig;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;

/** Contrastive training of the model of {@link TinyBehavior} on a few noisy pictures. */
final class TinyContrastive {
  static final int TRAIN = 11;
  static final int VALIDATION = 3;
  static final int BATCH = 4;
  static final int STEPS_PER_EPOCH = 3;
  private static final int LENGTH = 6;
  private static final int SIDE = 16;
  private static final double WEIGHT_DECAY = 0.1;

  private final ContrastiveTask.Pairs training;
  private final ContrastiveTask.Pairs validation;

  /** Writes the pictures into a folder. */
  TinyContrastive(Path folder) throws IOException {
    training = pairs(folder, 0, TRAIN);
    validation = pairs(folder, TRAIN, VALIDATION);
  }

  private static ContrastiveTask.Pairs pairs(Path folder, int first, int count) throws IOException {
    List<Path> files = new ArrayList<>();
    int[] ids = new int[count * LENGTH];
    for (int n = 0; n < count; n++) {
      Philox philox = new Philox(new PhiloxKey(6, 1, first + n));
      BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      for (int i = 0; i < SIDE * SIDE; i++) {
        image.setRGB(i % SIDE, i / SIDE, philox.nextInt(1 << 24));
      }
      Path file = folder.resolve("pair%d.png".formatted(first + n));
      ImageIO.write(image, "png", file.toFile());
      files.add(file);
      for (int t = 0; t < LENGTH; t++) {
        ids[n * LENGTH + t] = t < 1 + (first + n) % 5 ? 1 + philox.nextInt(38) : 39;
      }
    }
    return new ContrastiveTask.Pairs(files, ids, LENGTH);
  }

  /** Trains for some epochs in an open run folder, from its last checkpoint if it has one. */
  TrainingResult train(Device device, RunFolder run, int epochs, BooleanSupplier stop) {
    try (ClipModel model = TinyBehavior.model(device);
        Arena arena = Arena.on(device)) {
      Clip clip = model.clip();
      clip.setTrainable(true);
      clip.allocateGradients(arena);
      try (ContrastiveTask task = task(device, arena, clip, epochs)) {
        AdamW optimizer = optimizer(arena, clip);
        TrainerSettings settings = new TrainerSettings(epochs, epochs);
        return new Trainer(device, task, optimizer, run, settings).train(Progress.NONE, stop);
      }
    }
  }

  private ContrastiveTask task(Device device, Arena arena, Clip clip, int epochs) {
    return new ContrastiveTask(
        device,
        arena,
        clip,
        training,
        validation,
        ImagePreprocessor.clip(PreprocessorConfig.standard(SIDE)),
        BATCH,
        1,
        new CosineSchedule(3e-3, 2, (long) epochs * STEPS_PER_EPOCH),
        false);
  }

  private static AdamW optimizer(Arena arena, Clip clip) {
    return new AdamW(arena, Pretraining.MOMENTS, Pretraining.groups(clip, WEIGHT_DECAY));
  }

  /** Allocates from the arena, which may be planning, all that a run takes. */
  void prepare(Device device, Arena arena) {
    Clip clip = new Clip(TinyBehavior.config(), arena);
    clip.setTrainable(true);
    clip.allocateGradients(arena);
    task(device, arena, clip, 1).close();
    optimizer(arena, clip);
  }
}
