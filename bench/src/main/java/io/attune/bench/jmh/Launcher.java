package io.attune.bench.jmh;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Starts JVMs through JMH and gives back what they measured. */
final class Launcher {
  private final Plan plan;
  private final Path home;
  private final Path scratch;

  /**
   * @param home the folder of the project
   * @param scratch where launches put their temporary files
   */
  Launcher(Plan plan, Path home, Path scratch) {
    this.plan = plan;
    this.home = home;
    this.scratch = scratch;
  }

  /** Where libtorch is unpacked to. */
  static Path unpacked(Path home) {
    return home.resolve("bench").resolve("target").resolve("djl");
  }

  /** Peaks of this machine, on the threads of the plan. */
  Peak measurePeak() {
    double multiplyAdd = best("multiplyAdd");
    double copy = best("copy");
    return new Peak(
        plan.threads() * PeakProbe.flops() / multiplyAdd,
        plan.threads() * PeakProbe.bytes() / copy);
  }

  /** Nanoseconds of the fastest iteration: a peak is what the machine can do when left alone. */
  private double best(String method) {
    ChainedOptionsBuilder options =
        options(5, 25, 40, List.of())
            .include(PeakProbe.class.getName() + "." + method + "$")
            .threads(plan.threads());
    return iterations("peak", options).stream()
        .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
        .min()
        .orElseThrow();
  }

  /** One launch of a contest; its times are added to {@code samples}. */
  void launch(Question question, Contest contest, Map<Provider, Samples> samples) {
    List<Provider> entering = plan.entering(contest);
    int field = entering.size();
    int slices = plan.slices(contest);
    ChainedOptionsBuilder options =
        options(
                plan.warmUp(contest) * field,
                slices * field,
                plan.milliseconds(),
                question.javaOptions())
            .include(Race.class.getName() + ".run$")
            .param("question", question.name())
            .param("contest", contest.key())
            .param(
                "providers",
                entering.stream().map(Provider::label).collect(Collectors.joining(",")))
            .param("clock", plan.clock().name())
            .param("threads", Integer.toString(contest.threads(plan.threads())));
    List<IterationResult> iterations = iterations(contest.key(), options);
    for (int place = 0; place < field; place++) {
      Samples mine = samples.computeIfAbsent(entering.get(place), provider -> new Samples());
      double[] times = new double[slices];
      for (int slice = 0; slice < slices; slice++) {
        IterationResult iteration = iterations.get(slice * field + place);
        times[slice] = nanoseconds(iteration) / contest.share(entering.get(place));
        mine.add(gauges(iteration), residentBytes(iteration));
        if (slice == slices - 1) {
          mine.addAllocation(allocatedBytes(iteration));
        }
      }
      mine.add(times);
    }
  }

  private static Gauges gauges(IterationResult iteration) {
    return new Gauges(
        counter(iteration, "steps"),
        counter(iteration, "stepNanoseconds"),
        counter(iteration, "waitedNanoseconds"),
        counter(iteration, "plannedBytes"),
        counter(iteration, "livedBytes"));
  }

  private static long residentBytes(IterationResult iteration) {
    return counter(iteration, "residentBytes");
  }

  /** Of a run. */
  private static double allocatedBytes(IterationResult iteration) {
    return (double) counter(iteration, "allocatedBytes") / counter(iteration, "allocatingRuns");
  }

  private static long counter(IterationResult iteration, String name) {
    return (long) iteration.getSecondaryResults().get(name).getScore();
  }

  private double nanoseconds(IterationResult iteration) {
    if (plan.clock() == Plan.Clock.WALL) {
      return iteration.getPrimaryResult().getScore();
    }
    Map<String, Result> counters = iteration.getSecondaryResults();
    return counters.get("nanoseconds").getScore() / counters.get("runs").getScore();
  }

  /** Runs one fork. What it says is of interest only if it fails. */
  private static List<IterationResult> iterations(String what, ChainedOptionsBuilder options) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
    OutputFormat format = OutputFormatFactory.createFormatInstance(stream, VerboseMode.NORMAL);
    try {
      RunResult result = new Runner(options.build(), format).runSingle();
      return List.copyOf(result.getBenchmarkResults().iterator().next().getIterationResults());
    } catch (RunnerException e) {
      throw LaunchFailure.of(what, e, said.toString(StandardCharsets.UTF_8));
    }
  }

  private ChainedOptionsBuilder options(
      int warmUp, int measured, int milliseconds, List<String> more) {
    return new OptionsBuilder()
        .forks(1)
        .warmupIterations(warmUp)
        .warmupTime(TimeValue.milliseconds(milliseconds))
        .measurementIterations(measured)
        .measurementTime(TimeValue.milliseconds(milliseconds))
        .timeout(TimeValue.minutes(10))
        .shouldFailOnError(true)
        .jvmArgsAppend(more.toArray(String[]::new))
        .jvmArgs(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:Tier3DelayOn=1000000",
            "-XX:MaxRAMPercentage=60",
            "-Xlog:disable",
            "-Xlog:all=warning:stderr",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
            "-DOPT_OUT_TRACKING=true",
            "-Dai.djl.offline=true",
            "-Djava.io.tmpdir=" + scratch,
            "-DDJL_CACHE_DIR=" + unpacked(home),
            "-Dattune.home=" + home);
  }
}
