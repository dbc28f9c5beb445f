package io.attune.cli;

import io.attune.data.synthetic.MegSettings;
import io.attune.data.synthetic.SyntheticSettings;
import io.attune.data.synthetic.SyntheticThings;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "synth",
    description = "Write a synthetic THINGS: drawn objects, behaviour, judgements, captions.",
    footer = {
      "",
      "The files have the published layouts; truth.json tells what was planted. The same options",
      "give the same files.",
      "",
      "MEG RDMs have the published layouts. Each person's follow the edges and colours of images",
      "first, then the outlines of objects, then the behavioural dimensions, with latencies and",
      "weights of their own; meg/truth.json tells what a perfect model would reach.",
      "The group's file takes 9 KB times the square of the concepts at 5 ms and 4 participants.",
      "",
      "Examples:",
      "  attune data synth --out things --concepts 240 --size 64 --seed 1",
      "  attune data synth --out things --meg both --meg-concepts 120 --meg-step 10"
    })
final class DataSynthCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder to write; it must be new or empty.")
  private Path out;

  @Option(
      names = "--concepts",
      paramLabel = "N",
      defaultValue = "240",
      converter = PositiveConverter.class,
      description = "How many concepts (default: ${DEFAULT-VALUE}).")
  private int concepts;

  @Option(
      names = "--size",
      paramLabel = "N",
      defaultValue = "64",
      converter = PositiveConverter.class,
      description = "Width and height of the images in pixels (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--images",
      paramLabel = "N",
      defaultValue = "1",
      converter = PositiveConverter.class,
      description = "Images of each concept (default: ${DEFAULT-VALUE}).")
  private int images;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Which concepts are met (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--meg",
      paramLabel = "KIND",
      description = {
        "Draw MEG RDMs too, into meg/: group (-100..1300 ms, float64 HDF5),",
        "individual (-100..1000 ms, float32 .npy, samples of 1 ms) or both."
      })
  private Meg meg;

  private enum Meg {
    GROUP,
    INDIVIDUAL,
    BOTH
  }

  @Option(
      names = "--meg-participants",
      paramLabel = "N",
      defaultValue = "4",
      converter = PositiveConverter.class,
      description = "People in the scanner (default: ${DEFAULT-VALUE}).")
  private int megParticipants;

  @Option(
      names = "--meg-concepts",
      paramLabel = "N",
      defaultValue = "0",
      description = "Concepts of the group's file, held-out ones among them (default: all).")
  private int megConcepts;

  @Option(
      names = "--meg-images",
      paramLabel = "N",
      defaultValue = "118",
      converter = PositiveConverter.class,
      description = {
        "Images of the individuals' file; 18 of 118, the last, are held-out",
        "objects (default: ${DEFAULT-VALUE})."
      })
  private int megImages;

  @Option(
      names = "--meg-last",
      paramLabel = "MS",
      defaultValue = "0",
      description = "Last time of both files (default: as published).")
  private int megLast;

  @Option(
      names = "--meg-step",
      paramLabel = "MS",
      defaultValue = "5",
      converter = PositiveConverter.class,
      description = {
        "Between times (default: ${DEFAULT-VALUE}); the individual file's samples are a",
        "fifth of it apart."
      })
  private int megStep;

  @Option(
      names = "--meg-noise",
      paramLabel = "X",
      defaultValue = "1",
      description = "Strength of the noise, as planted where 1 (default: ${DEFAULT-VALUE}).")
  private double megNoise;

  private final Console console;

  DataSynthCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    SyntheticSettings settings = new SyntheticSettings(concepts, size, images, seed);
    MegSettings megSettings =
        new MegSettings(
            meg == Meg.GROUP || meg == Meg.BOTH,
            meg == Meg.INDIVIDUAL || meg == Meg.BOTH,
            megParticipants,
            megConcepts,
            megImages,
            megStep,
            megLast,
            megNoise);
    SyntheticThings.write(out, settings, megSettings, console.progress());
    console.out().println(out);
    return 0;
  }
}
