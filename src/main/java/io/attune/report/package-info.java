/** Figures and the HTML report: pure functions from results to one page without any network use. */
package io.attune.report;
