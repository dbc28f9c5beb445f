package io.attune.hba;

import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.format.Reference;
import io.attune.nn.Block;
import io.attune.nn.Linear;
import io.attune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;

/** The paper's adapters with the values that a reference file gives them, put into a model. */
final class ReferenceAdapters {
  private final Device device;
  private final List<Adapter> adapters = new ArrayList<>();
  private final List<Linear> projections = new ArrayList<>();

  ReferenceAdapters(Device device, Clip clip, Reference reference, Arena arena) {
    this.device = device;
    for (Reference.Adapter values : reference.adapters()) {
      boolean vision = values.tower().equals(AdapterSite.Tower.VISION.label());
      List<Block> blocks = vision ? clip.vision().blocks() : clip.text().blocks();
      AdapterSite site =
          new AdapterSite(
              vision ? AdapterSite.Tower.VISION : AdapterSite.Tower.TEXT, values.block());
      AdapterSettings settings =
          new AdapterSettings(
              AdapterKind.DORA, values.rank(), reference.setting("adapter.alpha"), false, false);
      add(blocks.get(values.block()), site, settings, values, arena);
    }
  }

  private void add(
      Block block,
      AdapterSite site,
      AdapterSettings settings,
      Reference.Adapter values,
      Arena arena) {
    Linear projection = block.attention().output();
    int width = block.width();
    Adapter adapter = Adapter.allocate(arena, site, settings, width, width, true);
    adapter.setBase(device, projection.ownWeight().value());
    List<float[]> given = List.of(values.m(), values.a(), values.b());
    for (int i = 0; i < given.size(); i++) {
      device.write(adapter.parameters().get(i).value(), given.get(i), 0);
    }
    projection.substituteWeight(adapter.weight(), adapter.weightGradient());
    adapters.add(adapter);
    projections.add(projection);
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
