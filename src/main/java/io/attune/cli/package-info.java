/**
 * The command line: one class per command, which reads options and calls one thing. Results go to
 * standard output, everything else to standard error.
 */
package io.attune.cli;
