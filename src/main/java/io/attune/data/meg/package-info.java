/**
 * MEG dissimilarities over time: read from arrays of (participant, time, n, n) too large for
 * memory, condensed once into what training maps.
 */
package io.attune.data.meg;
