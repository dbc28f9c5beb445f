package io.attune.hba;

import io.attune.InputException;
import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.format.TensorSource;
import io.attune.nn.Block;
import io.attune.nn.Linear;
import io.attune.nn.Parameter;
import io.attune.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** The paper's adapters with the values that a reference file gives them, put into a model. */
final class ReferenceAdapters {
  private final Device device;
  private final List<Adapter> adapters = new ArrayList<>();
  private final List<Linear> projections = new ArrayList<>();

  ReferenceAdapters(Device device, Clip clip, TensorSource reference, Arena arena) {
    this.device = device;
    add(AdapterSite.Tower.VISION, clip.vision().blocks(), reference, arena);
    add(AdapterSite.Tower.TEXT, clip.text().blocks(), reference, arena);
  }

  private void add(
      AdapterSite.Tower tower, List<Block> blocks, TensorSource reference, Arena arena) {
    for (int n = 0; n < blocks.size(); n++) {
      AdapterSite site = new AdapterSite(tower, n);
      String factor = site.prefix() + ".A";
      if (!reference.contains(factor)) {
        continue;
      }
      Shape shape = reference.info(factor).shape();
      if (shape.rank() != 2) {
        throw new InputException(
            "%s: tensor %s has shape %s, expected [rank, out]"
                .formatted(reference.location(), factor, shape));
      }
      Linear projection = blocks.get(n).attention().output();
      AdapterSettings settings =
          new AdapterSettings(AdapterKind.DORA, shape.dim(0), alpha(reference), false, false);
      int width = blocks.get(n).width();
      Adapter adapter = Adapter.allocate(arena, site, settings, width, width, true);
      adapter.setBase(device, projection.ownWeight().value());
      for (Parameter parameter : adapter.parameters()) {
        reference.require(parameter.name(), parameter.value().shape());
        device.write(parameter.value(), reference.read(parameter.name()), 0);
      }
      projection.substituteWeight(adapter.weight(), adapter.weightGradient());
      adapters.add(adapter);
      projections.add(projection);
    }
  }

  private static double alpha(TensorSource reference) {
    String value = reference.metadata().get("adapter.alpha");
    try {
      return Double.parseDouble(String.valueOf(value));
    } catch (NumberFormatException e) {
      throw new InputException(
          "%s: metadata adapter.alpha is %s, expected a number, since the file holds adapters"
              .formatted(reference.location(), value),
          e);
    }
  }

  List<Parameter> parameters() {
    return adapters.stream().flatMap(adapter -> adapter.parameters().stream()).toList();
  }

  void compose() {
    adapters.forEach(adapter -> adapter.compose(device));
  }

  void backward() {
    adapters.forEach(adapter -> adapter.backward(device));
  }

  /** Puts the model's own weights back. */
  void restore() {
    projections.forEach(Linear::restoreWeight);
  }
}
