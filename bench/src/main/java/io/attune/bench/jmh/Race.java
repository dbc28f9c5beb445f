package io.attune.bench.jmh;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * One launch of one contest. The providers share the JVM and take turns, an iteration each, so that
 * whatever else the machine does meets them alike: iteration i is provider i modulo their number.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Race {
  /** Name of the {@link Question}. */
  @Param("gemm")
  public String question;

  /** Key of the {@link Contest}. */
  @Param("")
  public String contest;

  /** Labels, separated by commas, in the order of {@link Provider}. */
  @Param("attune,libtorch")
  public String providers;

  @Param("2")
  public int threads;

  /** A {@link Plan.Clock}. */
  @Param("WALL")
  public Plan.Clock clock;

  private boolean measuresProcessor;
  private Field field;
  private List<Contestant> contestants;
  private Turns turns;
  private Contestant current;
  private long sliceBegan;
  private long runs;
  private long residentBytes;

  @Setup(Level.Trial)
  public void open() throws Exception {
    List<Provider> entering = Arrays.stream(providers.split(",")).map(Provider::of).toList();
    field = new Field(Questions.contest(question, contest), entering, threads);
    contestants = field.inOrder();
    turns = new Turns(contestants.size());
    measuresProcessor = clock == Plan.Clock.CPU;
  }

  @Setup(Level.Iteration)
  public void next() throws Exception {
    current = contestants.get(turns.next());
    residentBytes = ResidentMemory.peakBytes();
    if (turns.settles()) {
      current.run();
    }
    runs = 0;
    sliceBegan = System.nanoTime();
  }

  @TearDown(Level.Iteration)
  public void end() {
    turns.end(System.nanoTime() - sliceBegan, runs);
  }

  /**
   * Processor time of the work, which a loaded machine does not stretch; the {@link Gauges}; what
   * of this process was in memory at most as the iteration began; and what all threads allocated.
   *
   * <p>The latter is the count that JMH's gc profiler takes, but from the first run to the last one
   * whose number is a power of two, so that there is nothing of JMH's in it: the profiler's has 40
   * KB an iteration of that.
   */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Processor {
    public long nanoseconds;
    public long runs;
    public long steps;
    public long stepNanoseconds;
    public long waitedNanoseconds;
    public long plannedBytes;
    public long livedBytes;
    public long residentBytes;
    public long allocatedBytes;
    public long allocatingRuns;

    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long allocatedBefore;

    void begin() {
      if (runs == 0) {
        allocatedBefore = memory.getTotalThreadAllocatedBytes();
      }
    }

    void end() {
      runs++;
      if (Long.bitCount(runs) == 1) {
        allocatedBytes = memory.getTotalThreadAllocatedBytes() - allocatedBefore;
        allocatingRuns = runs;
      }
    }
  }

  @Benchmark
  public void run(Processor processor) throws Exception {
    processor.begin();
    long start = measuresProcessor ? current.processorNanoseconds() : 0;
    current.run();
    processor.nanoseconds += measuresProcessor ? current.processorNanoseconds() - start : 0;
    processor.end();
    runs++;
    Gauges gauges = current.gauges();
    processor.steps += gauges.steps();
    processor.stepNanoseconds += gauges.stepNanoseconds();
    processor.waitedNanoseconds += gauges.waitedNanoseconds();
    processor.plannedBytes = Math.max(processor.plannedBytes, gauges.plannedBytes());
    processor.livedBytes = Math.max(processor.livedBytes, gauges.livedBytes());
    processor.residentBytes = residentBytes;
  }

  @TearDown(Level.Trial)
  public void close() {
    field.close();
  }
}
