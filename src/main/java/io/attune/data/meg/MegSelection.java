package io.attune.data.meg;

import io.attune.InputException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One target to condense.
 *
 * @param out {@code .npy} file to write
 * @param participants averaged, from 1
 * @param curveParticipants whose RDMs the time courses come from, from 1
 */
public record MegSelection(Path out, List<Integer> participants, List<Integer> curveParticipants) {
  /** How many participants the published group target averages. */
  private static final int GROUP = 3;

  /**
   * @throws InputException if a list is empty or names a participant twice
   */
  public MegSelection {
    participants = List.copyOf(participants);
    curveParticipants = List.copyOf(curveParticipants);
    for (List<Integer> list : List.of(participants, curveParticipants)) {
      if (list.isEmpty() || new HashSet<>(list).size() != list.size()) {
        throw new InputException("participants: expected different numbers, found " + list);
      }
    }
  }

  /** The mean of some participants, with the time courses of all that the file holds. */
  public static MegSelection group(Path out, List<Integer> participants, int all) {
    return new MegSelection(out, participants, IntStream.rangeClosed(1, all).boxed().toList());
  }

  /** The mean of participants 1 to 3, or of all if there are fewer. */
  public static MegSelection group(Path out, int all) {
    return group(out, IntStream.rangeClosed(1, Math.min(GROUP, all)).boxed().toList(), all);
  }

  /** One participant, with the time courses of that participant alone. */
  public static MegSelection individual(Path out, int participant) {
    return new MegSelection(out, List.of(participant), List.of(participant));
  }

  /** Whether participant {@code p}, from 0, is averaged. */
  boolean averages(int p) {
    return participants.contains(p + 1);
  }
}
