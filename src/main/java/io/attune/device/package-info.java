/** Devices: memory, and the operation families that work on it. */
package io.attune.device;
