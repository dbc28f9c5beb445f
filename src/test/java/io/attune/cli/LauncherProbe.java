package io.attune.cli;

import java.util.Arrays;

/** What the launcher's tests run in place of Attune: it tells what it was given. */
final class LauncherProbe {
  private LauncherProbe() {}

  public static void main(String[] arguments) throws InterruptedException {
    System.out.println("arguments " + Arrays.toString(arguments));
    System.out.println("home " + System.getProperty("attune.home"));
    System.out.println("columns " + System.getProperty("attune.columns"));
    System.out.println("probe " + System.getProperty("probe"));
    System.out.println(
        "vector " + ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
    System.out.println("names " + System.getProperty("sun.jnu.encoding"));
    System.out.println("folder " + System.getProperty("user.dir"));
    if (arguments.length > 0 && arguments[0].equals("wait")) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("told to stop")));
      System.out.println("ready");
      Thread.sleep(60_000);
    }
    if (arguments.length > 1 && arguments[0].equals("exit")) {
      System.exit(Integer.parseInt(arguments[1]));
    }
  }
}
