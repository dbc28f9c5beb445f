/** CLIP-HBA: the prompts, the adapters and the models that are tuned on human behaviour. */
package io.attune.hba;
