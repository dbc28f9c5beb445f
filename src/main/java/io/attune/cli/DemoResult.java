package io.attune.cli;

import io.attune.report.Page;
import java.util.List;

/**
 * What a stage of the demo has to show.
 *
 * @param lines scores for people
 * @param goals what was to be reached
 * @param page the report
 */
record DemoResult(DemoStage stage, List<String> lines, List<DemoGoal> goals, Page page) {}
