/** Shapes, element types and views on buffers. Knows no device and no mathematics. */
package io.attune.tensor;
