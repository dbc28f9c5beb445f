package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.cli.Terminal.Result;
import io.attune.data.meg.MegTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code data meg-condense} on drawn MEG, from its arguments to its files. */
class MegCondenseCommandTest {
  @TempDir static Path temp;
  private static Path things;
  private static String group;

  @BeforeAll
  static void draw() {
    things = temp.resolve("things");
    Result drawn =
        Terminal.run(
            "data",
            "synth",
            "--out",
            things.toString(),
            "--concepts",
            "40",
            "--size",
            "16",
            "--meg",
            "both",
            "--meg-step",
            "100",
            "--meg-participants",
            "3");
    assertEquals(0, drawn.status(), drawn.err());
    group = things.resolve("meg/validation-pairwise_decoding_RDM40.mat").toString();
  }

  @Test
  void whatIsNoHdf5IsToldByItsEnding() throws Exception {
    for (String name : List.of("a.h5", "b.hdf5", "c.mat")) {
      Path file = Files.write(temp.resolve(name), new byte[300]);
      Result refused =
          Terminal.run(
              "data meg-condense --meg %s --out %s"
                  .formatted(file, temp.resolve("none.npy"))
                  .split(" "));
      assertEquals(2, refused.status(), refused.err());
      assertTrue(refused.err().contains(name + ": not an HDF5 file"), refused.err());
    }
  }

  @Test
  void condensesTheGroupWithNamesOfThings() {
    Path out = temp.resolve("group.npy");
    Result made = run(out, "--meg", group, "--things", things.toString(), "--step-ms", "100");
    assertEquals(0, made.status(), made.err());
    assertEquals(out + "\n", made.out());
    for (String told :
        List.of(
            "dataset mat: [3, 15, 40, 40]; the diagonal is taken as 0",
            "times: 15 times, -100..1300 ms in steps of 100 ms",
            "mean of participants 1, 2, 3",
            "scaling: (x - 0.0) / (0.",
            "NaN off the diagonal: none")) {
      assertTrue(made.err().contains(told), made.err());
    }
    try (MegTarget target = MegTarget.open(out)) {
      assertEquals(40, target.names().size());
      assertEquals(3, target.rows(target.names().subList(5, 8)).length);
    }
    Result again = run(out, "--meg", group, "--things", things.toString(), "--step-ms", "100");
    assertEquals(0, again.status(), again.err());
    assertTrue(again.err().contains("is there already, and whole"), again.err());
  }

  @Test
  void condensesEveryParticipantAndKeepsSomeTimes() {
    Path out = temp.resolve("person-{p}.npy");
    Result made =
        run(
            out,
            "--meg",
            things.resolve("meg/individual.npy").toString(),
            "--names",
            things.resolve("meg/individual_images.txt").toString(),
            "--step-ms",
            "20",
            "--target-step-ms",
            "100",
            "--times=-100:700",
            "--participant",
            "all");
    assertEquals(0, made.status(), made.err());
    assertEquals(3, made.out().lines().count());
    for (int p = 1; p <= 3; p++) {
      try (MegTarget target = MegTarget.open(temp.resolve("person-" + p + ".npy"))) {
        assertEquals(9, target.times());
        assertEquals(List.of(p), target.header().participants());
        assertEquals(List.of(p), target.header().curveParticipants());
        assertEquals(700, target.axis().lastMs());
      }
    }
  }

  @Test
  void badInputIsOneLine() throws IOException {
    Path out = temp.resolve("bad.npy");
    Path empty = Files.createFile(temp.resolve("empty.mat"));
    assertBad("step-ms", out, "--meg", group);
    assertBad("no participant 4", out, "--meg", group, "--step-ms", "100", "--participant", "4");
    assertBad("{p}", out, "--meg", group, "--step-ms", "100", "--participant", "1,2");
    assertBad("numbers", out, "--meg", group, "--step-ms", "100", "--participant", "one");
    assertBad("FROM:TO", out, "--meg", group, "--step-ms", "100", "--times", "300");
    assertBad("FROM:TO", out, "--meg", group, "--step-ms", "100", "--times", "0:100:200");
    assertBad("no sample at 30 ms", out, "--meg", group, "--step-ms", "100", "--times", "30:100");
    assertBad("no dataset rdm", out, "--meg", group, "--step-ms", "100", "--dataset", "rdm");
    assertBad("no such file", out, "--meg", temp.resolve("none.mat").toString());
    assertBad("not an HDF5 file", out, "--meg", empty.toString());
    assertBad(".npy", temp.resolve("t.mat"), "--meg", group, "--step-ms", "100");
    assertBad(
        "names",
        out,
        "--meg",
        group,
        "--step-ms",
        "100",
        "--names",
        things.resolve("meg/individual_images.txt").toString());
    assertBad(
        "expected error or zero, found 'drop'",
        out,
        "--meg",
        group,
        "--step-ms",
        "100",
        "--nan",
        "drop");
  }

  @Test
  void timesWithoutCoursesLeaveNothingBehind() {
    Path out = temp.resolve("early.npy");
    assertBad(
        group + ": nu (noise level)", out, "--meg", group, "--step-ms", "100", "--times", "-100:0");
    assertFalse(Files.exists(temp.resolve("early.npy.part")));
  }

  private static void assertBad(String expected, Path out, String... arguments) {
    Result result = run(out, arguments);
    assertEquals(2, result.status(), result.err());
    List<String> complaint =
        result.err().lines().filter(line -> line.startsWith("attune: ")).toList();
    assertEquals(1, complaint.size(), result.err());
    assertTrue(complaint.getFirst().contains(expected), result.err());
    assertFalse(Files.exists(out));
  }

  private static Result run(Path out, String... arguments) {
    List<String> all = new ArrayList<>(List.of("data", "meg-condense", "--out", out.toString()));
    all.addAll(List.of(arguments));
    return Terminal.run(all.toArray(String[]::new));
  }
}
