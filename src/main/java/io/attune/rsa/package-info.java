/** Representational similarity analysis: dissimilarity matrices and how alike two of them are. */
package io.attune.rsa;
