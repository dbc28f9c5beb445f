/** Files that other people's tools read and write. Every reader is strict, every writer atomic. */
package io.attune.format;
