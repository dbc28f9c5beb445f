package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScalingTest {
  @Test
  void fitsThePowerOfAPowerLaw() {
    List<Row> rows = new ArrayList<>();
    for (int width : new int[] {8, 1, 4, 2}) {
      rows.add(row("width", width, 3e6 * Math.pow(width, 1.75)));
    }
    rows.add(row("batch", 5, 1e6));
    List<Scaling> found = Scaling.of(rows);
    assertEquals(2, found.size());
    assertEquals(List.of(1, 2, 4, 8), List.copyOf(found.getFirst().milliseconds().keySet()));
    assertEquals(1.75, found.getFirst().exponent(), 1e-12);
    assertTrue(Double.isNaN(found.getLast().exponent()), "one point has no slope");
  }

  @Test
  void aShareOfTheWorkAndFixedThreadsAreTold() {
    Contest contest =
        Contest.of("x", "y", Amount.once(), 0, new EnumMap<>(Provider.class))
            .sharing(Provider.LIBTORCH, 0.25);
    assertEquals(0.25, contest.share(Provider.LIBTORCH));
    assertEquals(1, contest.share(Provider.ATTUNE));
    assertEquals(8, contest.at("batch", 3).threads(8));
    assertEquals(3, contest.at(Contest.Point.THREADS, 3).threads(8));
  }

  private static Row row(String axis, int value, double nanoseconds) {
    Contest contest =
        Contest.of("x", axis + value, Amount.once(), 0, new EnumMap<>(Provider.class))
            .at(axis, value);
    Row row = new Row(Questions.all().getFirst(), contest);
    row.samples()
        .computeIfAbsent(Provider.ATTUNE, p -> new Samples())
        .add(new double[] {nanoseconds});
    return row;
  }
}
