/**
 * The contract: the only place where mathematics meets hardware. One interface per operation
 * family; every device implements each, and one contract test per family runs on every device.
 *
 * <p>Conventions, unless an operation says otherwise: tensors are F32; on a device that computes in
 * bf16, the activations between operations (operands and results of products and attention, the
 * normalised rows, what an activation takes and gives, and the gradients of all these) and the
 * weights of products may be BF16, while the residual stream, statistics, losses, parameters and
 * their gradients stay F32; "rows" are those of {@link io.attune.tensor.Tensor#rows()} and may have
 * gaps between them; parameter gradients accumulate, activation gradients are overwritten, the
 * residual stream's gradient accumulates where the operation says so; outputs must not overlap
 * inputs; a null output is not computed. A wrong shape is an {@link
 * java.lang.IllegalArgumentException} that names both tensors and both shapes.
 */
package io.attune.device.op;
