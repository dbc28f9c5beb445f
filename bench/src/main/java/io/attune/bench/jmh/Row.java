package io.attune.bench.jmh;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A contest with what was measured so far. */
public final class Row {
  private final Question question;
  private final Contest contest;
  private final Map<Provider, Samples> samples = new EnumMap<>(Provider.class);

  private final List<Double> otherWork = new ArrayList<>();

  Row(Question question, Contest contest) {
    this.question = question;
    this.contest = contest;
  }

  public Question question() {
    return question;
  }

  public Contest contest() {
    return contest;
  }

  public Map<Provider, Samples> samples() {
    return samples;
  }

  /** Cores that others took during each launch, or {@link OtherWork#UNKNOWN}. */
  public List<Double> otherWork() {
    return otherWork;
  }

  /** The same contest with what the last launch measured. */
  Row lastLaunch() {
    Row last = new Row(question, contest);
    samples.forEach(
        (provider, all) ->
            last.samples
                .computeIfAbsent(provider, p -> new Samples())
                .add(all.launches().getLast()));
    return last;
  }

  /** The peer that ratios are to: the first beside ours. */
  public Optional<Provider> reference() {
    return samples.keySet().stream().filter(provider -> provider != Provider.ATTUNE).findFirst();
  }

  /** How many times faster ours is than the reference; NaN without both. */
  public double ratio() {
    return ratio(Provider.ATTUNE);
  }

  /** How many times faster a provider is than the reference; NaN without both. */
  public double ratio(Provider provider) {
    Samples mine = samples.get(provider);
    Samples reference = reference().map(samples::get).orElse(null);
    return mine == null || reference == null ? Double.NaN : mine.timesFasterThan(reference);
  }
}
