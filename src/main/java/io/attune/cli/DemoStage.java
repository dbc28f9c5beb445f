package io.attune.cli;

import java.util.Locale;

/** The demo's stages, in the order they run. */
enum DemoStage {
  BEHAVIOR("run", "report.html", "Behaviour"),
  MEG("group", "meg.html", "MEG of a group"),
  PARTICIPANT("people", "people.html", "MEG of each person");

  private final String folder;
  private final String page;
  private final String title;

  DemoStage(String folder, String page, String title) {
    this.folder = folder;
    this.page = page;
    this.title = title;
  }

  /** Name of the folder of its runs. */
  String folder() {
    return folder;
  }

  /** File name of its report. */
  String page() {
    return page;
  }

  /** What the names of the tables beside its report begin with. */
  String tables() {
    return page.replaceFirst("[.]html$", "");
  }

  /** What its report is called where others link to it. */
  String title() {
    return title;
  }

  /** As the option has it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
