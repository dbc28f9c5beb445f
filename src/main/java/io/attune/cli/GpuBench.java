package io.attune.cli;

import io.attune.InputException;
import io.attune.bench.BenchSettings;
import io.attune.bench.Deadline;
import io.attune.bench.KernelBench;
import io.attune.bench.ModelBench;
import io.attune.bench.Peer;
import io.attune.bench.ReferenceChecks;
import io.attune.clip.ClipArchitecture;
import io.attune.device.cuda.CudaException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The GPU benchmarks as a program of their own, which {@code bench/gpu/run} starts. Exit status 0
 * when every row was measured, 1 when one was not, 2 where this machine cannot run it, 3 when the
 * card's context broke and the rest is to be measured by a new process, with {@code --resume}.
 */
@Command(
    name = "gpu-bench",
    mixinStandardHelpOptions = true,
    description = "Measures operations and models on a GPU.")
public final class GpuBench implements Callable<Integer> {
  private static final int BROKEN = 3;

  @CommandLine.Parameters(paramLabel = "STAGE", description = "kernels, model or verify.")
  private String stage;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "Results' folder.")
  private Path folder;

  @Option(names = "--device", defaultValue = "cuda", description = "cuda, cuda:N or emulated.")
  private String device;

  @Option(names = "--tiny", description = "Sizes that the emulation serves, to try the bench.")
  private boolean tiny;

  @Option(
      names = "--arch",
      converter = ArchitectureConverter.class,
      description =
          "The model, such as vit-b-32; if not given vit-l-14, in stage model vit-b-32 too.")
  private ClipArchitecture architecture;

  @Option(names = "--batch", description = "Images of a step; 64 if not given.")
  private int batch;

  @Option(names = "--resume", description = "Keep the rows that the results file holds.")
  private boolean resume;

  @Option(names = "--only", paramLabel = "REGEX", description = "Rows whose key this matches.")
  private Pattern only;

  @Option(
      names = "--previous",
      paramLabel = "FILE",
      description = "Results of an earlier version of this stage, to set beside ours.")
  private Path previous;

  @Option(names = "--seconds", defaultValue = "480", description = "When to stop.")
  private double seconds;

  @Option(names = "--python", defaultValue = "python3", description = "The Python with PyTorch.")
  private String python;

  @Option(names = "--peers", paramLabel = "DIR", description = "serve.py's folder; else no peer.")
  private Path peers;

  @Option(names = "--work", paramLabel = "DIR", description = "Where random weights are put.")
  private Path work;

  @Option(names = "--references", paramLabel = "DIR", defaultValue = "weights/references")
  private Path references;

  /** Runs the program. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new GpuBench()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    BenchSettings settings =
        new BenchSettings(
            folder,
            device,
            tiny,
            architecture,
            batch,
            resume,
            only,
            previous,
            Deadline.inSeconds(seconds));
    Files.createDirectories(folder);
    Path script = peers == null ? null : peers.resolve("serve.py");
    String peerDevice = device.startsWith("cuda") ? "cuda" : "cpu";
    try (Peer peer = new Peer(python, script, folder.resolve("peers.log"), peerDevice)) {
      return switch (stage) {
        case "kernels" -> status(KernelBench.run(settings, peer, System.out));
        case "model" -> status(ModelBench.run(settings, peer, weights(), System.out));
        case "verify" -> status(ReferenceChecks.run(settings, references, System.out));
        default ->
            throw new InputException(
                "no stage '%s': expected kernels, model or verify".formatted(stage));
      };
    } catch (InputException e) {
      System.err.println("bench: " + e.getMessage());
      return 2;
    } catch (CudaException e) {
      System.err.println("bench: " + e.getMessage());
      return 1;
    }
  }

  private Path weights() {
    return work == null ? folder.resolve("weights") : work;
  }

  private static int status(KernelBench.Outcome outcome) {
    return switch (outcome) {
      case COMPLETE -> 0;
      case INCOMPLETE -> 1;
      case BROKEN -> BROKEN;
    };
  }
}
