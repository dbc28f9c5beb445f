/** The contract in plain Java with the Vector API, on all cores. */
package io.attune.device.cpu;
