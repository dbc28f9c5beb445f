/**
 * CLIP: its two towers and their files, and what stands before them, images as PIL reads and
 * resizes them and text as Hugging Face's tokenizer cuts it.
 */
package io.attune.clip;
