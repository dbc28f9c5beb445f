/**
 * How fast operations and whole models run on a GPU, held against what the card itself can do and
 * against PyTorch on the same card in the same minutes. The programs of {@code bench/gpu} start it.
 */
package io.attune.bench;
