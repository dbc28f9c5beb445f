package io.attune.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;

/**
 * All commands by name, in the order of the help. Only what a command line asks for is made: to
 * read the options of every command would take a third of the time of a short one.
 */
final class Commands {
  private static final Map<String, Function<Console, Object>> ALL = all();

  private Commands() {}

  /** Adds the one command that the arguments name, or all where they name none. */
  static CommandLine addTo(CommandLine root, Console console, String... arguments) {
    if (arguments.length > 0 && (arguments[0].equals("-V") || arguments[0].equals("--version"))) {
      return root;
    }
    for (String argument : arguments) {
      if (!argument.startsWith("-")) {
        if (ALL.containsKey(argument)) {
          return root.addSubcommand(argument, ALL.get(argument).apply(console));
        }
        break;
      }
    }
    ALL.forEach((name, command) -> root.addSubcommand(name, command.apply(console)));
    return root;
  }

  private static Map<String, Function<Console, Object>> all() {
    Map<String, Function<Console, Object>> all = new LinkedHashMap<>();
    all.put("demo", DemoCommand::new);
    all.put("devices", DevicesCommand::new);
    all.put("init", InitCommand::new);
    all.put("data", Commands::data);
    all.put("finetune", Commands::finetune);
    all.put("evaluate", Commands::evaluate);
    all.put("rsa", Commands::rsa);
    all.put("pretrain", PretrainCommand::new);
    all.put("embed", EmbedCommand::new);
    all.put("preprocess", PreprocessCommand::new);
    all.put("tokenize", TokenizeCommand::new);
    all.put("verify", VerifyCommand::new);
    all.put("export", ExportCommand::new);
    return all;
  }

  private static CommandLine data(Console console) {
    return GroupCommand.of("data", "Make data.", "attune data synth --out things")
        .addSubcommand(new DataSynthCommand(console))
        .addSubcommand(new MegRdmCommand(console))
        .addSubcommand(new MegCondenseCommand(console));
  }

  private static CommandLine finetune(Console console) {
    return GroupCommand.of(
            "finetune",
            "Fine-tune a model toward people.",
            "attune finetune behavior --model M --things T --out RUN")
        .addSubcommand(new FinetuneBehaviorCommand(console))
        .addSubcommand(new FinetuneMegCommand(console))
        .addSubcommand(new FinetuneParticipantCommand(console));
  }

  private static CommandLine evaluate(Console console) {
    return GroupCommand.of(
            "evaluate",
            "Score a model against people.",
            "attune evaluate behavior --model M --things T")
        .addSubcommand(new EvaluateBehaviorCommand(console))
        .addSubcommand(new EvaluateConceptsCommand(console))
        .addSubcommand(new EvaluateMegCommand(console))
        .addSubcommand(new EvaluateParticipantsCommand(console));
  }

  private static CommandLine rsa(Console console) {
    return GroupCommand.of(
            "rsa",
            "Make and compare RDMs.",
            "attune rsa compare --a model.npy --b people.npy --method spearman")
        .addSubcommand(new RsaRdmCommand(console))
        .addSubcommand(new RsaCompareCommand(console))
        .addSubcommand(new RsaCeilingCommand(console))
        .addSubcommand(new RsaTimecourseCommand(console))
        .addSubcommand(new RsaGeneralizationCommand(console))
        .addSubcommand(new RsaTripletsCommand(console))
        .addSubcommand(new RsaVarianceCommand(console));
  }
}
