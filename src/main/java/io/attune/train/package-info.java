/** Training runs that survive: what is constant is cached, what is done is saved. */
package io.attune.train;
