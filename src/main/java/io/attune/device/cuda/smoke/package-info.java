/** The first thing to run on a GPU: proves the chain from Java to a kernel and to cuBLAS. */
package io.attune.device.cuda.smoke;
