package io.attune.bench.jmh;

import io.attune.InputException;
import io.attune.bench.jmh.peer.Peers;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code attune bench}. */
@Command(
    name = "attune bench",
    description = "Measure the CPU's speed beside other libraries, in one run.",
    footer = {
      "",
      "Examples:",
      "  attune bench gemm --quick",
      "  attune bench gemm --only 'dW / vit-l' --launches 5",
      "  attune bench",
      "",
      "Exit status: 0 done, 1 something fell or failed, 2 bad input, 130 after Ctrl-C."
    })
public final class BenchCommand implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "WHAT", description = "Questions; all if none is named.")
  private List<String> what = new ArrayList<>();

  @Option(
      names = "--quick",
      description =
          "One launch, short slices, the strongest peers only; of all questions, the sizes of"
              + " ViT-L/14 only.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      converter = OptionConverters.Regex.class,
      description = "Contests whose name this matches.")
  private Pattern only;

  @Option(
      names = "--providers",
      split = ",",
      paramLabel = "NAME",
      converter = OptionConverters.OfProvider.class,
      description = "Such as attune,libtorch; who cannot enter a contest is left out of it.")
  private List<Provider> providers;

  @Option(
      names = "--launches",
      paramLabel = "N",
      converter = OptionConverters.Positive.class,
      description = "JVMs started for each contest.")
  private Integer launches;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = OptionConverters.Positive.class,
      description = "Of every provider; all processors if not given.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--clock",
      paramLabel = "wall|cpu",
      converter = OptionConverters.OfClock.class,
      description =
          "wall, or cpu: the caller's processor time, with --threads 1, on a busy machine.")
  private Plan.Clock clock = Plan.Clock.WALL;

  @Option(
      names = "--out",
      paramLabel = "BASE",
      description =
          "Writes BASE.json and BASE.md; if not given, under a free name in bench/results.")
  private Path out;

  @Option(
      names = "--against",
      paramLabel = "FILE.json",
      description =
          "Fail where a ratio is more than 15 %% under that file's, in further launches too; of a"
              + " folder, under the newest of such a machine, threads and clock.")
  private Path against;

  @Option(names = "--list", description = "Name the contests and measure nothing.")
  private boolean list;

  @Option(names = "--verbose", description = "Show all that is known of an error.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  @Spec private CommandSpec spec;

  /** Runs the command line and exits. */
  public static void main(String[] arguments) {
    // Other users of a shared machine may bench too, and JMH's check for inlined blackholes starts
    // a JVM for each contest.
    System.setProperty("jmh.ignoreLock", "true");
    System.setProperty("jmh.blackhole.autoDetect", "false");
    PrintWriter out = new PrintWriter(System.out, true);
    System.exit(run(out, new PrintWriter(System.err, true), arguments));
  }

  /** Runs the command line and returns its exit status. */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    // Figures are printed alike everywhere, and read by scripts.
    Locale.setDefault(Locale.ROOT);
    BenchFailures failures = new BenchFailures(err);
    return new CommandLine(new BenchCommand())
        .setOut(out)
        .setErr(err)
        .setUsageHelpWidth(100)
        .setExecutionExceptionHandler(failures)
        .setParameterExceptionHandler(failures)
        .execute(arguments);
  }

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    Plan plan = plan();
    List<Row> rows = new Selection(what, only, quick).rows(plan);
    if (list) {
      PrintWriter names = spec.commandLine().getOut();
      rows.forEach(row -> names.println(row.question().name() + ": " + row.contest().key()));
      return 0;
    }
    Path home = Path.of(System.getProperty("attune.home", "."));
    Machine machine = Machine.here();
    Guard guard = against == null ? null : Guard.of(against, machine, plan);
    if (guard != null) {
      guard.requireAll(rows, plan.providers());
    }
    Destination destination = out == null ? dated(home, machine) : Destination.given(out);
    Peers.require(entering(plan, rows), Launcher.unpacked(home));
    Runnable ended =
        () -> {
          String kept = destination.isUsed() ? written(destination) : "nothing was measured yet";
          err.println("attune: interrupted; " + kept);
        };
    try (Scratch scratch = new Scratch(ended)) {
      Bench bench = new Bench(plan, home, scratch.folder(), destination, err);
      try {
        return measure(bench, rows, guard, destination);
      } catch (LaunchFailure e) {
        if (scratch.isEnding()) {
          return BenchFailures.INTERRUPTED;
        }
        throw e;
      }
    }
  }

  private int measure(Bench bench, List<Row> rows, Guard guard, Destination destination) {
    PrintWriter err = spec.commandLine().getErr();
    bench.run(rows);
    List<Row> fallen = guard == null ? List.of() : bench.fallen(guard, rows);
    err.println(written(destination));
    // After the further launches: only beside others is a launch seen to have fallen to a tenth.
    boolean failed = anyLaunchFell(rows, err);
    for (Row row : fallen) {
      err.println("FAILED: " + guard.complaint(row).orElseThrow());
      failed = true;
    }
    return failed ? BenchFailures.FAILED : 0;
  }

  private static Set<Provider> entering(Plan plan, List<Row> rows) {
    return rows.stream()
        .flatMap(row -> plan.entering(row.contest()).stream())
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Provider.class)));
  }

  private static String written(Destination destination) {
    return "wrote " + destination.base() + ".json and .md";
  }

  private Destination dated(Path home, Machine machine) {
    String name = machine.fileName();
    for (String question : what) {
      name += "-" + question;
    }
    return Destination.dated(
        home.resolve("bench").resolve("results").resolve(name + (quick ? "-quick" : "")));
  }

  private Plan plan() {
    int processors = Runtime.getRuntime().availableProcessors();
    if (threads > processors) {
      throw new InputException(
          "--threads: expected at most the %d processors of this machine, found %d"
              .formatted(processors, threads));
    }
    if (clock == Plan.Clock.CPU && threads != 1) {
      throw new InputException(
          "--clock cpu sees the calling thread only, not %d: add --threads 1".formatted(threads));
    }
    Plan plan = quick ? Plan.quick(threads) : Plan.full(threads);
    return plan.with(
        launches != null ? launches : plan.launches(),
        clock,
        providers == null
            ? plan.providers()
            : Arrays.stream(Provider.values()).filter(providers::contains).toList());
  }

  private static boolean anyLaunchFell(List<Row> rows, PrintWriter err) {
    boolean any = false;
    for (Row row : rows) {
      for (var entry : row.samples().entrySet()) {
        List<Integer> launches = entry.getValue().fallenLaunches();
        if (!launches.isEmpty()) {
          err.printf(
              "FAILED: %s, %s: launches %s fell to a tenth of the best: find out why%n",
              row.contest().key(), entry.getKey().label(), launches);
          any = true;
        }
      }
    }
    return any;
  }
}
