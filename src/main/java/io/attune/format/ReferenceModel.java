package io.attune.format;

import io.attune.tensor.Shape;
import java.util.Map;

/**
 * What a reference file is checked against: the extents of the model it belongs to.
 *
 * @param imageSize side of the square input in pixels
 * @param visionTokens patches and the class token
 * @param context length of a row of token ids
 * @param vocabulary number of token ids
 * @param projection width of the embeddings
 * @param parameters shape of every parameter, by Hugging Face's name
 */
public record ReferenceModel(
    int imageSize,
    int visionTokens,
    int visionWidth,
    int visionBlocks,
    int context,
    int vocabulary,
    int textWidth,
    int textBlocks,
    int projection,
    Map<String, Shape> parameters) {}
