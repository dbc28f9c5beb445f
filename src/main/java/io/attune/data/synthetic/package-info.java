/**
 * A synthetic THINGS: drawn objects, dimensions that are functions of what was drawn, judgements of
 * planted reliability. It gives every stage something true to recover on any machine.
 */
package io.attune.data.synthetic;
