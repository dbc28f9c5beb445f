package io.attune.bench.jmh;

/**
 * What this machine did at best in this run, on all threads of the providers together.
 *
 * @param gigaflops fused multiply-adds on registers, two operations each, in 1e9/s
 * @param gigabytes read and written by a copy, in 1e9/s
 */
public record Peak(double gigaflops, double gigabytes) {
  Peak better(Peak other) {
    return new Peak(Math.max(gigaflops, other.gigaflops), Math.max(gigabytes, other.gigabytes));
  }
}
