package io.attune.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A word that only leads to further commands, such as {@code data} in {@code data synth}. */
@Command(synopsisSubcommandLabel = "COMMAND")
final class GroupCommand implements Runnable {
  @Spec private CommandSpec spec;

  private GroupCommand() {}

  /** A group, to which commands are then added. */
  static CommandLine of(String name, String description, String example) {
    CommandLine group = new CommandLine(new GroupCommand());
    group.getCommandSpec().name(name);
    group
        .getCommandSpec()
        .usageMessage()
        .description(description)
        .footer("", "Example:", "  " + example);
    return group;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is needed");
  }
}
