package io.attune.bench.jmh.question;

import ai.djl.pytorch.engine.PtNDArray;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Rehearsed;
import io.attune.bench.jmh.peer.Torch;
import io.attune.bench.jmh.peer.Values;
import io.attune.clip.ClipArchitecture;
import io.attune.device.op.Noise;
import io.attune.hba.AdapterSet;
import io.attune.hba.LayerMixing;
import io.attune.hba.MegFeatures;
import io.attune.hba.MegHead;
import io.attune.hba.MegModel;
import io.attune.hba.MegParameters;
import io.attune.hba.MegPreset;
import io.attune.hba.TimeCourses;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import io.attune.train.AdamW;
import java.util.ArrayList;
import java.util.List;

/**
 * A step of the MEG models' stage A, in which the layer weights alone train: losses, gradient,
 * AdamW; noise is drawn in the step. Random inputs of the given sizes.
 */
record MegStep(int images, int times, int prompts, int blocks) {
  private static final int WINDOW = 3;
  private static final double DECAY = 0.01;

  private record Inputs(
      float[] weights,
      float[] features,
      TimeCourses courses,
      float[] target,
      float[] normal,
      float[] floor,
      float[] scales) {}

  private Inputs inputs() {
    Values values = new Values();
    return new Inputs(
        values.normal(times, blocks),
        values.normal(blocks, images, prompts),
        new TimeCourses(
            values.uniform(0.2, 1, times),
            values.uniform(0.2, 1, times),
            values.uniform(0, 1, times)),
        values.uniform(0.4, 1, times, pairs()),
        values.normal(times, images, prompts),
        values.uniform(1e-6, 1.1e-5, times, images, prompts),
        new float[] {1, 0.1f, 0.15f});
  }

  private int pairs() {
    return images * (images - 1) / 2;
  }

  /** Ours; shows the losses and the first moment. */
  Contestant ours(int threads) {
    Ours ours = new Ours(threads);
    Inputs inputs = inputs();
    LayerMixing layers = LayerMixing.allocate(ours.arena(), times, blocks, WINDOW, true);
    ours.device().write(layers.weights().value(), inputs.weights, 0);
    AdapterSet none =
        new AdapterSet(
            ours.arena(),
            ClipArchitecture.VIT_B_32.config(),
            OurBehavior.ADAPTERS,
            List.of(),
            true);
    MegParameters parameters = new MegParameters(layers, none, false);
    Tensor cache = ours.tensor(inputs.features, (long) blocks * images, prompts);
    MegHead.Times courses =
        MegHead.Times.allocate(ours.arena(), ours.device(), inputs.courses, WINDOW);
    Tensor key = ours.arena().allocate("key", DType.I32, Shape.of(8));
    Workspace workspace = Workspace.on(ours.arena());
    Noise given =
        Noise.given(
            ours.tensor(inputs.normal, times, images, prompts),
            ours.tensor(inputs.floor, times, images, prompts));
    MegModel rehearsal = model(ours, parameters, courses, given, workspace, cache, inputs);
    MegModel model =
        model(ours, parameters, courses, Noise.drawn(key), workspace.smaller(), cache, inputs);
    AdamW optimizer =
        new AdamW(
            ours.arena(),
            AdamW.Settings.DEFAULT,
            List.of(new AdamW.Group(List.of(layers.weights()), DECAY)));
    int[] numbers = new int[8];
    double rate = MegPreset.PAPER.rates().layersFirst();
    return new Rehearsed(
        ours.running(
            () -> {
              rehearsal.lossAndGradients();
              optimizer.step(ours.device(), rate, 1);
            },
            rehearsal.training().losses(),
            optimizer.moments().getFirst()),
        ours.running(
            () -> {
              numbers[3]++;
              numbers[7]++;
              ours.device().write(key, numbers, 0);
              model.lossAndGradients();
              optimizer.step(ours.device(), rate, 1 + numbers[3]);
            }));
  }

  private MegModel model(
      Ours ours,
      MegParameters parameters,
      MegHead.Times courses,
      Noise noise,
      Workspace workspace,
      Tensor cache,
      Inputs inputs) {
    MegModel model =
        new MegModel(
            ours.device(),
            parameters,
            courses,
            noise,
            noise,
            workspace,
            images,
            prompts,
            false,
            head -> new MegFeatures.Cached(ours.device(), cache, workspace, head.features()));
    int[] all = new int[images];
    for (int b = 0; b < images; b++) {
      all[b] = b;
    }
    ((MegFeatures.Cached) model.features()).choose(all);
    ours.device().write(model.training().target(), inputs.target, 0);
    ours.device().write(model.training().lossWeights(), inputs.scales, 0);
    return model;
  }

  /** libtorch's; shows the same. */
  Contestant libtorch(int threads) throws Exception {
    Torch torch = new Torch(threads);
    Inputs inputs = inputs();
    PtNDArray normal = torch.tensor(inputs.normal, times, images, prompts);
    PtNDArray floor = torch.tensor(inputs.floor, times, images, prompts);
    PtNDArray window = torch.tensor(window(), times, times);
    PtNDArray features = torch.tensor(inputs.features, blocks, images, prompts);
    PtNDArray courses = torch.tensor(courses(inputs.courses), 3, times);
    PtNDArray target = torch.tensor(inputs.target, times, pairs());
    PtNDArray pairs = torch.tensor(places(), pairs());
    PtNDArray scales = torch.tensor(inputs.scales, 3);
    List<PtNDArray> parameters = List.of(torch.tensor(inputs.weights, times, blocks));
    List<PtNDArray> first = List.of(torch.empty(times, blocks));
    List<PtNDArray> second = List.of(torch.empty(times, blocks));
    List<PtNDArray> steps = List.of(torch.empty());
    List<Object> rest =
        List.of(window, features, courses, target, pairs, scales, parameters, first, second, steps);
    return new Rehearsed(
        torch.training("meg", "step", joined(List.of(normal, floor), rest), first),
        torch.training("meg", "drawn", joined(List.of(normal), rest), List.of()));
  }

  private static List<Object> joined(List<?> a, List<?> b) {
    List<Object> all = new ArrayList<>(a);
    all.addAll(b);
    return all;
  }

  /** [T, T]: means over neighbouring times. */
  private float[] window() {
    float[] window = new float[times * times];
    for (int t = 0; t < times; t++) {
      int from = Math.max(0, t - WINDOW);
      int to = Math.min(times - 1, t + WINDOW);
      for (int other = from; other <= to; other++) {
        window[t * times + other] = 1f / (to - from + 1);
      }
    }
    return window;
  }

  private float[] courses(TimeCourses courses) {
    TimeCourses windowed = courses.windowed(WINDOW);
    float[] all = new float[3 * times];
    System.arraycopy(windowed.richness(), 0, all, 0, times);
    System.arraycopy(windowed.generalization(), 0, all, times, times);
    System.arraycopy(windowed.noiseLevel(), 0, all, 2 * times, times);
    return all;
  }

  /** Where the pairs are in a matrix of images by images. */
  private long[] places() {
    long[] places = new long[pairs()];
    int at = 0;
    for (int a = 0; a < images; a++) {
      for (int b = a + 1; b < images; b++) {
        places[at++] = (long) a * images + b;
      }
    }
    return places;
  }
}
