package io.attune.bench;

import static io.attune.bench.OperationCase.moving;
import static io.attune.bench.OperationCase.sizes;

import io.attune.clip.ClipConfig;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** From pixels and token ids to the residual streams, and back. */
final class EmbeddingCases {
  private final Sizes sizes;
  private final int bytes;
  private final List<OperationCase> cases = new ArrayList<>();

  private EmbeddingCases(Sizes sizes, int bytes) {
    this.sizes = sizes;
    this.bytes = bytes;
  }

  static List<OperationCase> of(Sizes sizes, int bytes) {
    EmbeddingCases made = new EmbeddingCases(sizes, bytes);
    made.patches();
    made.positions();
    made.tokens();
    made.chosenRows();
    return made.cases;
  }

  private void patches() {
    ClipConfig config = sizes.config();
    int batch = sizes.batch();
    int side = config.imageSize();
    int patch = config.patchSize();
    int rows = batch * (config.visionTokens() - 1);
    int columns = config.patchLength();
    double pixelCount = (double) batch * 3 * side * side;
    var shape = sizes("batch", batch, "side", side, "patch", patch);
    cases.add(
        moving(
            "embedding.patches",
            "",
            shape,
            pixelCount * (4 + bytes),
            inputs -> {
              Tensor pixels = inputs.floats(batch, 3, side, side);
              Tensor target = inputs.operand(rows, columns);
              return () -> inputs.device().embedding().patches(pixels, patch, target);
            }));
    cases.add(
        moving(
            "embedding.patchesBackward",
            "",
            shape,
            pixelCount * (4 + bytes),
            inputs -> {
              Tensor pixels = inputs.floats(batch, 3, side, side);
              Tensor columnsTensor = inputs.operand(rows, columns);
              return () ->
                  inputs.device().embedding().patchesBackward(columnsTensor, patch, pixels);
            }));
  }

  private void positions() {
    int batch = sizes.batch();
    int tokens = sizes.config().visionTokens();
    int width = sizes.config().vision().width();
    double moved = 4.0 * batch * tokens * width;
    var shape = sizes("batch", batch, "tokens", tokens, "width", width);
    cases.add(
        moving(
            "embedding.addPositions",
            "",
            shape,
            2 * moved,
            inputs -> {
              Tensor classToken = inputs.floats(width);
              Tensor positions = inputs.floats(tokens, width);
              Tensor x = inputs.floats(batch, tokens, width);
              return () -> inputs.device().embedding().addPositions(classToken, positions, x);
            }));
    cases.add(
        moving(
            "embedding.addPositionsBackward",
            "",
            shape,
            moved,
            inputs -> {
              Tensor dx = inputs.floats(batch, tokens, width);
              Tensor dclass = inputs.floats(width);
              Tensor dpositions = inputs.floats(tokens, width);
              return () -> inputs.device().embedding().addPositionsBackward(dx, dclass, dpositions);
            }));
  }

  private void tokens() {
    ClipConfig config = sizes.config();
    int texts = sizes.batch();
    int length = config.context();
    int width = config.text().width();
    int vocabulary = config.vocabularySize();
    double moved = 4.0 * texts * length * width;
    var shape = sizes("texts", texts, "tokens", length, "width", width, "vocabulary", vocabulary);
    cases.add(
        moving(
            "embedding.tokens",
            "",
            shape,
            2 * moved,
            inputs -> {
              Tensor ids = inputs.indices(vocabulary, texts, length);
              Tensor table = inputs.floats(vocabulary, width);
              Tensor positions = inputs.floats(length, width);
              Tensor x = inputs.floats(texts, length, width);
              return () -> inputs.device().embedding().tokens(ids, table, positions, x);
            }));
    cases.add(
        moving(
            "embedding.tokensBackward",
            "",
            shape,
            3 * moved,
            inputs -> {
              Tensor ids = inputs.indices(vocabulary, texts, length);
              Tensor dx = inputs.floats(texts, length, width);
              Tensor dtable = inputs.floats(vocabulary, width);
              Tensor dpositions = inputs.floats(length, width);
              return () -> inputs.device().embedding().tokensBackward(ids, dx, dtable, dpositions);
            }));
  }

  private void chosenRows() {
    int texts = sizes.batch();
    int length = sizes.config().context();
    int width = sizes.config().text().width();
    double moved = 4.0 * texts * width;
    var shape = sizes("rows", texts, "of", texts * length, "width", width);
    cases.add(
        moving(
            "embedding.gatherRows",
            "end tokens",
            shape,
            2 * moved,
            inputs -> {
              Tensor x = inputs.floats((long) texts * length, width);
              Tensor index = inputs.every(length, texts);
              Tensor y = inputs.floats(texts, width);
              return () -> inputs.device().embedding().gatherRows(x, index, y);
            }));
    cases.add(
        moving(
            "embedding.scatterAddRows",
            "end tokens",
            shape,
            3 * moved,
            inputs -> {
              Tensor dy = inputs.floats(texts, width);
              Tensor index = inputs.every(length, texts);
              Tensor dx = inputs.floats((long) texts * length, width);
              return () -> inputs.device().embedding().scatterAddRows(dy, index, dx);
            }));
  }
}
