package io.attune.train;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.op.AdamWSlot;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** AdamW over groups of parameters, each with its own weight decay. */
public final class AdamW {
  private final Settings settings;
  private final List<Group> groups;
  private final AdamWSlot[][] slots;
  private final List<Tensor> parameters = new ArrayList<>();
  private final List<Tensor> gradients = new ArrayList<>();
  private final List<Tensor> moments = new ArrayList<>();

  /** Decay rates of the moments and what is added to the root of the second. */
  public record Settings(double beta1, double beta2, double epsilon) {
    /** PyTorch's defaults. */
    public static final Settings DEFAULT = new Settings(0.9, 0.999, 1e-8);
  }

  /** Parameters, all of which train and have gradients, that share a weight decay. */
  public record Group(List<Parameter> parameters, double weightDecay) {
    public Group {
      parameters = List.copyOf(parameters);
    }
  }

  /** Allocates zero moments for every parameter. */
  public AdamW(Arena arena, Settings settings, List<Group> groups) {
    this.settings = settings;
    this.groups = List.copyOf(groups);
    this.slots = new AdamWSlot[groups.size()][];
    for (int g = 0; g < slots.length; g++) {
      List<Parameter> members = groups.get(g).parameters();
      slots[g] = new AdamWSlot[members.size()];
      for (int i = 0; i < slots[g].length; i++) {
        slots[g][i] = slot(arena, members.get(i));
      }
    }
  }

  private AdamWSlot slot(Arena arena, Parameter parameter) {
    Tensor value = parameter.value();
    long[] dims = value.shape().dims();
    Tensor first = arena.allocate("adamw.m." + value.name(), dims);
    Tensor second = arena.allocate("adamw.v." + value.name(), dims);
    parameters.add(value);
    gradients.add(parameter.gradient());
    moments.add(first);
    moments.add(second);
    return new AdamWSlot(value, parameter.gradient(), first, second, parameter.copy());
  }

  /** Step number {@code t}, from 1. */
  public void step(Device device, double learningRate, long t) {
    for (int g = 0; g < slots.length; g++) {
      device
          .adamW()
          .step(
              slots[g],
              learningRate,
              settings.beta1(),
              settings.beta2(),
              settings.epsilon(),
              groups.get(g).weightDecay(),
              t);
    }
  }

  /** Brings all BF16 copies up to date after parameters were written other than by a step. */
  public void refresh(Device device) {
    for (Group group : groups) {
      group.parameters().forEach(parameter -> parameter.refresh(device));
    }
  }

  /** What trains, in the order of the groups. */
  public List<Tensor> parameters() {
    return List.copyOf(parameters);
  }

  public List<Tensor> gradients() {
    return List.copyOf(gradients);
  }

  /** Two for each parameter, named {@code adamw.m.NAME} and {@code adamw.v.NAME}. */
  public List<Tensor> moments() {
    return List.copyOf(moments);
  }

  /** How many numbers train. */
  public long trainableCount() {
    return parameters.stream().mapToLong(Tensor::size).sum();
  }
}
