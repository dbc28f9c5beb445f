/** CUDA through the driver API: the driver, cuBLAS and the kernels of the folder kernels/. */
package io.attune.device.cuda;
