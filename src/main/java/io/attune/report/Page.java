package io.attune.report;

import java.util.SortedMap;

/**
 * A finished report.
 *
 * @param html the whole page, scripts and pictures included
 * @param tables the data of its figures: file name to CSV text, to be written beside the page
 */
public record Page(String html, SortedMap<String, String> tables) {}
