package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a folder of its own, with a stand-in for Maven and {@link LauncherProbe} for
 * Attune.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
class LauncherTest {
  private static final Path JDK = Path.of(System.getProperty("java.home"));

  @TempDir private Path temp;
  private Path project;
  private Path tools;

  private record Result(int status, String out, String err) {}

  @BeforeEach
  void layOutProject() throws IOException {
    project = Files.createDirectories(temp.toRealPath().resolve("a project with spaces"));
    Files.copy(Path.of("attune"), project.resolve("attune"));
    executable(project.resolve("attune"));
    Files.createDirectories(project.resolve("src/main/java"));
    Files.createDirectories(project.resolve("src/build"));
    Files.writeString(project.resolve("pom.xml"), "<project/>");
    Files.writeString(project.resolve("src/main/java/A.java"), "class A {}");
    Files.write(project.resolve("probe.jar"), probeJar());
    tools = Files.createDirectories(temp.resolve("tools"));
    maven("mkdir -p target && cp probe.jar target/attune.jar");
  }

  @Test
  void buildsOnceThenOnlyAfterAChange() throws Exception {
    Result first = launch(Map.of(), "exit", "0");
    assertEquals(0, first.status(), first.err());
    assertTrue(first.err().contains("attune: building"), first.err());
    assertEquals(1, builds());

    Result second = launch(Map.of(), "exit", "0");
    assertTrue(!second.err().contains("building"), second.err());
    assertEquals(1, builds());

    newer(project.resolve("src/main/java/A.java"));
    launch(Map.of(), "exit", "0");
    assertEquals(2, builds());

    old(project.resolve("src/main/java/A.java"));
    newer(project.resolve("pom.xml"));
    launch(Map.of(), "exit", "0");
    assertEquals(3, builds());
  }

  @Test
  void aBuildKeepsClassesForLaterStarts() throws Exception {
    Files.createDirectories(project.resolve("docs"));
    Files.copy(Path.of("docs/report.png"), project.resolve("docs/report.png"));
    Result first = launch(Map.of(), "exit", "0");
    assertEquals(0, first.status(), first.err());
    Path classes = project.resolve("target/attune.aot");
    assertTrue(Files.size(classes) > 0, Files.readString(project.resolve("target/attune.log")));

    Files.writeString(classes, "not a cache");
    Result broken = launch(Map.of(), "exit", "0");
    assertEquals(first.out(), broken.out());
    assertEquals("", broken.err());
  }

  @Test
  void passesArgumentsAndStatus() throws Exception {
    Result result =
        launch(Map.of("ATTUNE_OPTS", "-Dprobe=yes -Xmx64m"), "exit", "7", "two words", "", "*");
    assertEquals(7, result.status(), result.err());
    assertTrue(result.out().contains("arguments [exit, 7, two words, , *]"), result.out());
    assertTrue(result.out().contains("home " + project), result.out());
    assertTrue(result.out().contains("probe yes"), result.out());
    assertTrue(result.out().contains("vector true"), result.out());
    assertTrue(result.out().contains("columns 0"), result.out());
    assertTrue(result.out().startsWith("arguments"), "standard output is the program's alone");
  }

  @Test
  void worksThroughLinksAndFromAnyFolder() throws Exception {
    Path bin = Files.createDirectories(temp.resolve("bin dir"));
    Path absolute = Files.createSymbolicLink(bin.resolve("absolute"), project.resolve("attune"));
    Path relative = Files.createSymbolicLink(bin.resolve("relative"), Path.of("absolute"));
    Path elsewhere = Files.createDirectories(temp.toRealPath().resolve("else where"));
    Result result = launch(relative, elsewhere, Map.of("CDPATH", temp.toString()));
    assertEquals(0, result.status(), result.err());
    assertTrue(result.out().contains("home " + project), result.out());
    assertTrue(result.out().contains("folder " + elsewhere), result.out());
    assertTrue(Files.isSymbolicLink(absolute));
  }

  /** Under C or POSIX, as in many containers, Java could not open a file named in UTF-8. */
  @Test
  void fileNamesAreUtf8InAnyLocale() throws Exception {
    for (String locale : List.of("C", "POSIX", "")) {
      Result result = launch(Map.of("LC_ALL", locale, "LC_CTYPE", "", "LANG", locale));
      assertTrue(result.out().contains("names UTF-8"), locale + ": " + result.out());
    }
  }

  @Test
  void anOldJavaHomeIsPassedOver() throws Exception {
    Path old = Files.createDirectories(temp.resolve("jdk 17/bin"));
    for (String name : List.of("java", "javac")) {
      Files.writeString(old.resolve(name), "#!/bin/sh\necho 'old java ran'; exit 9\n");
      executable(old.resolve(name));
    }
    Files.writeString(old.resolveSibling("release"), "JAVA_VERSION=\"17.0.2\"\n");
    for (String home : List.of(old.getParent().toString(), temp.resolve("absent").toString())) {
      Result result = launch(Map.of("ATTUNE_JAVA_HOME", "", "JAVA_HOME", home));
      assertEquals(0, result.status(), result.err());
      assertTrue(result.out().contains("vector true"), result.out());
    }
  }

  @Test
  void aJdkAskedForByNameMustServe() throws Exception {
    Result result = launch(Map.of("ATTUNE_JAVA_HOME", temp.resolve("absent").toString()));
    assertEquals(2, result.status());
    assertEquals(
        "attune: ATTUNE_JAVA_HOME is "
            + temp.resolve("absent")
            + ", which holds no JDK 25 or later\n",
        result.err());
  }

  @Test
  void aFailingBuildShowsWhatMavenSaid() throws Exception {
    maven("echo 'A.java:1: error: ; expected'; exit 1");
    Result result = launch(Map.of());
    assertEquals(1, result.status());
    assertEquals("", result.out());
    assertTrue(result.err().contains("A.java:1: error: ; expected"), result.err());
    assertTrue(result.err().endsWith("attune: the build failed\n"), result.err());
    assertTrue(!Files.exists(project.resolve("target/attune.lock")));
    maven("mkdir -p target && cp probe.jar target/attune.jar");
    assertEquals(0, launch(Map.of()).status(), "mended, it builds");
  }

  @Test
  void saysThatMavenIsMissing() throws Exception {
    Path bin = Files.createDirectories(temp.resolve("no maven"));
    for (String tool : List.of("dirname", "readlink", "sed", "find", "head", "sh")) {
      for (String folder : System.getenv("PATH").split(":")) {
        Path found = Path.of(folder, tool);
        if (Files.isExecutable(found) && !Files.exists(bin.resolve(tool))) {
          Files.createSymbolicLink(bin.resolve(tool), found);
        }
      }
    }
    Result result = launch(Map.of("PATH", bin.toString()));
    assertEquals(2, result.status());
    assertTrue(result.err().startsWith("attune: needs Maven to build itself"), result.err());
    assertEquals(1, result.err().lines().count(), result.err());
  }

  @Test
  void twoAtOnceBuildOnce() throws Exception {
    maven("sleep 1; mkdir -p target && cp probe.jar target/attune.jar");
    Process first = start(project.resolve("attune"), project, Map.of(), "exit", "3");
    Process second = start(project.resolve("attune"), project, Map.of(), "exit", "4");
    assertEquals(3, finish(first).status());
    assertEquals(4, finish(second).status());
    assertEquals(1, builds());
  }

  @Test
  void theLockOfADeadBuildIsTakenOver() throws Exception {
    Process dead = new ProcessBuilder("sh", "-c", "exit 0").start();
    dead.waitFor();
    Files.createDirectories(project.resolve("target"));
    Files.createSymbolicLink(
        project.resolve("target/attune.lock"), Path.of(Long.toString(dead.pid())));
    assertEquals(0, launch(Map.of()).status());
    assertEquals(1, builds());
  }

  @Test
  void aSignalReachesJava() throws Exception {
    launch(Map.of());
    Process process = start(project.resolve("attune"), project, Map.of(), "wait");
    BufferedReader out = process.inputReader();
    String line = out.readLine();
    while (!line.equals("ready")) {
      line = out.readLine();
    }
    Signals.interrupt(process);
    assertEquals("told to stop", out.readLine());
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(130, process.exitValue());
  }

  private Result launch(Map<String, String> environment, String... arguments) throws Exception {
    return launch(project.resolve("attune"), temp, environment, arguments);
  }

  private Result launch(
      Path launcher, Path folder, Map<String, String> environment, String... arguments)
      throws Exception {
    return finish(start(launcher, folder, environment, arguments));
  }

  private Process start(
      Path launcher, Path folder, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(Signals.listening(command)).directory(folder.toFile());
    builder.environment().remove("JAVA_HOME");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().remove("ATTUNE_OPTS");
    builder.environment().put("ATTUNE_JAVA_HOME", JDK.toString());
    builder
        .environment()
        .put("PATH", tools + ":" + JDK.resolve("bin") + ":" + System.getenv("PATH"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Result finish(Process process) throws Exception {
    process.getOutputStream().close();
    String out = read(process.getInputStream());
    String err = read(process.getErrorStream());
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the launcher ends");
    String ours =
        err.lines()
            .filter(line -> !line.startsWith("WARNING: Using incubator"))
            .map(line -> line + "\n")
            .reduce("", String::concat);
    return new Result(process.exitValue(), out, ours);
  }

  private static String read(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }

  /** A Maven that counts its calls and then runs the script in the project. */
  private void maven(String script) throws IOException {
    Files.writeString(
        tools.resolve("mvn"), "#!/bin/sh\necho build >>'" + tools + "/builds'\n" + script + "\n");
    executable(tools.resolve("mvn"));
  }

  private int builds() throws IOException {
    return Files.readAllLines(tools.resolve("builds")).size();
  }

  private static void newer(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
  }

  private static void old(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static byte[] probeJar() throws IOException {
    String name = LauncherProbe.class.getName().replace('.', '/') + ".class";
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, LauncherProbe.class.getName());
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    try (OutputStream jar = bytes;
        JarOutputStream entries = new JarOutputStream(jar, manifest);
        InputStream code = LauncherProbe.class.getClassLoader().getResourceAsStream(name)) {
      entries.putNextEntry(new JarEntry(name));
      code.transferTo(entries);
      entries.closeEntry();
    }
    return bytes.toByteArray();
  }
}
