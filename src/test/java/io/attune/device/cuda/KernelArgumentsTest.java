package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** The block that the driver reads: pointers, each to a value of its own. */
class KernelArgumentsTest {
  @Test
  void pointersLeadToTheValues() {
    try (Arena arena = Arena.ofConfined()) {
      KernelArguments arguments = new KernelArguments(arena, 3);
      arguments.set(0, 0x1234_5678_9ABCL).set(1, -7).set(2, 0.5f);
      assertEquals(0x1234_5678_9ABCL, value(arguments, 0).get(JAVA_LONG, 0));
      assertEquals(-7, value(arguments, 1).get(JAVA_INT, 0));
      assertEquals(0.5f, value(arguments, 2).get(JAVA_FLOAT, 0));
      arguments.set(1, 8);
      assertEquals(8, value(arguments, 1).get(JAVA_INT, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> arguments.set(3, 1));
    }
  }

  private static MemorySegment value(KernelArguments arguments, int index) {
    return arguments.segment().getAtIndex(ADDRESS, index).reinterpret(8);
  }
}
