/**
 * Transformer parts with forward and backward passes written by hand, on the operation contract
 * only. A module ({@link io.attune.nn.Block}) holds parameters; a stage or pass ({@link
 * io.attune.nn.AttentionStage}, {@link io.attune.nn.TransformerPass}) holds the tensors of one
 * computation at one batch size, made once and run many times.
 */
package io.attune.nn;
