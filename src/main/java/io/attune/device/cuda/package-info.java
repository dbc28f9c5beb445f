/** NVIDIA cards. This version looks for their driver and says what it found. */
package io.attune.device.cuda;
