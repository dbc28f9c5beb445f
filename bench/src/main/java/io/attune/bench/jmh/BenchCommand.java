package io.attune.bench.jmh;

import io.attune.InputException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code attune bench}. */
@Command(
    name = "attune bench",
    description = "Measure the CPU's speed beside other libraries, in one run.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  attune bench gemm --quick",
      "  attune bench gemm --only 'dW / vit-l' --launches 5",
      "  attune bench"
    })
public final class BenchCommand implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "WHAT", description = "Questions; all if none is named.")
  private List<String> what = new ArrayList<>();

  /** What a quick run of everything leaves out. */
  private static final Pattern OTHER_SIZES = Pattern.compile("^(vit-b|text)");

  @Option(
      names = "--quick",
      description =
          "One launch, short slices, the strongest peers only; of all questions, the sizes of"
              + " ViT-L/14 only.")
  private boolean quick;

  @Option(names = "--only", paramLabel = "REGEX", description = "Contests whose name this matches.")
  private Pattern only;

  @Option(names = "--providers", split = ",", description = "Such as attune,libtorch.")
  private List<String> providers;

  @Option(names = "--launches", description = "JVMs started for each contest.")
  private int launches;

  @Option(names = "--threads", description = "Of every provider; all processors if not given.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--clock",
      description =
          "wall, or cpu: the caller's processor time, with --threads 1, on a busy machine.")
  private Plan.Clock clock = Plan.Clock.WALL;

  @Option(names = "--out", paramLabel = "BASE", description = "Writes BASE.json and BASE.md.")
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

  /** Runs the command line and exits. */
  public static void main(String[] arguments) {
    // Other users of a shared machine may bench too, and JMH's check for inlined blackholes starts
    // a JVM for each contest.
    System.setProperty("jmh.ignoreLock", "true");
    System.setProperty("jmh.blackhole.autoDetect", "false");
    CommandLine command = new CommandLine(new BenchCommand());
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setExecutionExceptionHandler(
        (thrown, line, parsed) -> {
          if (thrown instanceof InputException) {
            System.err.println("attune: " + thrown.getMessage());
            return 2;
          }
          throw thrown;
        });
    System.exit(command.execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    List<Row> rows = rows();
    PrintStream err = System.err;
    if (list) {
      rows.forEach(row -> System.out.println(row.question().name() + ": " + row.contest().key()));
      return 0;
    }
    Path home = Path.of(System.getProperty("attune.home", "."));
    Plan plan = plan();
    Bench bench = new Bench(plan, home, base(home), err);
    Guard guard = against == null ? null : Guard.of(against, bench.machine(), plan);
    if (guard != null) {
      guard.requireAll(rows, plan.providers());
    }
    bench.run(rows);
    List<Row> fallen = guard == null ? List.of() : bench.fallen(guard, rows);
    err.println("wrote " + bench.base() + ".json and .md");
    // After the further launches: only beside others is a launch seen to have fallen to a tenth.
    boolean failed = anyLaunchFell(rows, err);
    for (Row row : fallen) {
      err.println("FAILED: " + guard.complaint(row).orElseThrow());
      failed = true;
    }
    return failed ? 1 : 0;
  }

  private Path base(Path home) {
    if (out != null) {
      return out;
    }
    String name = Machine.here().fileName();
    for (String question : what) {
      name += "-" + question;
    }
    return home.resolve("bench").resolve("results").resolve(name + (quick ? "-quick" : ""));
  }

  private Plan plan() {
    if (clock == Plan.Clock.CPU && threads != 1) {
      throw new InputException(
          "--clock cpu sees the calling thread only, not %d: add --threads 1".formatted(threads));
    }
    Plan plan = quick ? Plan.quick(threads) : Plan.full(threads);
    return plan.with(
        launches > 0 ? launches : plan.launches(),
        clock,
        providers == null
            ? plan.providers()
            : Arrays.stream(Provider.values())
                .filter(provider -> providers.contains(provider.label()))
                .toList());
  }

  private List<Row> rows() {
    List<Question> questions =
        what.isEmpty()
            ? Questions.all()
            : what.stream().flatMap(name -> Questions.named(name).stream()).distinct().toList();
    List<Row> rows = new ArrayList<>();
    for (Question question : questions) {
      for (Contest contest : question.contests()) {
        if (asks(contest)) {
          rows.add(new Row(question, contest));
        }
      }
    }
    if (rows.isEmpty()) {
      throw new InputException("--only " + only + " matches no contest; --list names them");
    }
    return rows;
  }

  private boolean asks(Contest contest) {
    if (contest.threads(threads) > threads) {
      return false;
    }
    if (only != null) {
      return only.matcher(contest.key()).find();
    }
    return !quick || !what.isEmpty() || !OTHER_SIZES.matcher(contest.shape()).find();
  }

  private static boolean anyLaunchFell(List<Row> rows, PrintStream err) {
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
