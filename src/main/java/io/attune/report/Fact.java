package io.attune.report;

/** A line of what was run. */
public record Fact(String name, String value) {}
