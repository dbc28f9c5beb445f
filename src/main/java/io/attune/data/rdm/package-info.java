/** RDMs, feature rows and triplets as users hold them in files, with the names of conditions. */
package io.attune.data.rdm;
