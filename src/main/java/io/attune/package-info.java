/** What every room may use: how errors of input are told, and how long work reports itself. */
package io.attune;
