package io.attune.cli;

import io.attune.InputException;
import io.attune.clip.ClipModel;
import io.attune.clip.Padding;
import io.attune.clip.Preprocessing;
import io.attune.clip.Tokenizer;
import io.attune.data.Embedder;
import io.attune.data.Embeddings;
import io.attune.data.ImageBatches.Unreadable;
import io.attune.data.Images;
import io.attune.data.Texts;
import io.attune.device.Device;
import io.attune.train.MegConfig;
import io.attune.train.MegOutputs;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "embed",
    description = "Write the embeddings of images or texts: float32 [N, projection].",
    footer = {
      "",
      "The extension chooses the format: .npy, .safetensors, .h5 or .csv. FILE.names.txt (such as",
      "e.npy.names.txt) holds the order of rows, a name a line: images sorted by file name, or the",
      "texts themselves. With a run of 'finetune meg' or 'finetune participant' as --adapter the",
      "outputs at all times are written, float32 [T, N, K], to .npy or .h5, prepared as the run's",
      "images were; FILE.times.csv tells the times and which are closed, all images' outputs"
          + " alike.",
      "",
      "Examples:",
      "  attune embed --model weights/clip-tiny --images photos --out e.npy",
      "  attune embed --model weights/clip-tiny --texts prompts.txt --normalize --out t.csv",
      "  attune embed --model M --adapter runs/m1 --images photos --times 100,150 --out o.npy",
      "  attune embed --model M --adapter runs/m2 --images photos --noise 7 --out o.npy"
    })
final class EmbedCommand implements Callable<Integer> {
  @Option(names = "--model", paramLabel = "DIR", required = true, description = "Model folder.")
  private Path model;

  @ArgGroup(multiplicity = "1")
  private Source source;

  private static final class Source {
    @Option(names = "--images", paramLabel = "DIR", description = "Folder of images.")
    private Path images;

    @Option(names = "--texts", paramLabel = "FILE", description = "UTF-8 file, one text a line.")
    private Path texts;
  }

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "File to write; an existing one is replaced when all is done.")
  private Path out;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      defaultValue = "clip",
      description = "clip (the model's own) or paper (default: ${DEFAULT-VALUE}).")
  private Preprocessing preprocessing;

  @Option(names = "--normalize", description = "Scale every row to unit length.")
  private boolean normalize;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      converter = PositiveConverter.class,
      description = "Images computed at once (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--skip-unreadable",
      description = "List images that cannot be read and go on without them.")
  private boolean skipUnreadable;

  @Option(
      names = "--times",
      paramLabel = "MS,...|all",
      defaultValue = "all",
      description = "Of a MEG run: times in ms (default: ${DEFAULT-VALUE}).")
  private String times;

  @Mixin private NoiseOption noise;
  @Mixin private AdapterOption adapter;
  @Mixin private DeviceOption device;

  private final Console console;

  EmbedCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Embeddings.requireWritable(out);
    if (adapter.isMeg()) {
      megOutputs();
      return 0;
    }
    boolean noisy = noise.seed().isPresent();
    if (!times.equals("all") || noisy) {
      throw new InputException(
          "%s: only a run of finetune meg has %s - name it as --adapter"
              .formatted(noisy ? "--noise" : "--times", noisy ? "noise" : "times"));
    }
    try (Device opened = device.open(console.progress());
        ClipModel clip = ClipModel.open(model, opened)) {
      adapter.applyTo(clip, MegConfig.ANY_RUN);
      Embedder embedder = new Embedder(clip, console.progress());
      Embeddings embeddings =
          source.images != null ? images(embedder, clip) : texts(embedder, clip);
      (normalize ? embeddings.normalized() : embeddings).write(out);
    }
    console.out().println(out);
    return 0;
  }

  private void megOutputs() {
    if (source.images == null || normalize || skipUnreadable) {
      throw new InputException(
          "embed: a MEG run has outputs of --images alone, without --normalize and"
              + " --skip-unreadable");
    }
    MegOutputFile file = new MegOutputFile(out);
    double[] wanted = MegOutputFile.times(times);
    if (wanted != null) {
      Arrays.stream(wanted).forEach(MegConfig.read(adapter.path()).axis()::indexOf);
    }
    List<Path> files = Images.list(source.images);
    try (Device opened = device.open(console.progress());
        ClipModel clip = ClipModel.open(model, opened)) {
      MegOutputs all =
          MegOutputs.of(
              clip, model, adapter.path(), files, batch, noise.seed(), console.progress());
      file.write(
          wanted == null ? all : all.at(wanted),
          files.stream().map(image -> Images.name(source.images, image)).toList());
    }
    console.out().println(out);
  }

  private Embeddings images(Embedder embedder, ClipModel clip) {
    return embedder.images(
        source.images,
        Images.list(source.images),
        preprocessing.forModel(model, clip.config()),
        batch,
        skipUnreadable ? Unreadable.SKIP : Unreadable.FAIL);
  }

  private Embeddings texts(Embedder embedder, ClipModel clip) {
    return embedder.texts(
        Texts.tokenize(source.texts, Tokenizer.load(model), clip.config(), Padding.ZERO, false));
  }
}
