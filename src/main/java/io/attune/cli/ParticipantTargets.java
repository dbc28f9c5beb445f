package io.attune.cli;

import io.attune.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Targets of participants, as {@code data meg-condense --participant} writes them.
 *
 * @param pattern a file name in which {@code {p}} stands for the number
 */
record ParticipantTargets(String pattern) {
  /** What stands for a participant's number. */
  static final String NUMBER = "{p}";

  private static final int MOST = 999;
  private static final int MOST_DIGITS = 3;

  /**
   * A participant's target, its number with or without leading zeros: {@code meg-condense} writes
   * as many digits as the file's last participant has.
   *
   * @throws InputException if there are files of several such names
   */
  Path of(int participant) {
    List<Path> present = present(participant);
    if (present.size() > 1) {
      throw new InputException(
          "%s: participant %d has %d targets, %s and %s - leave one of them there"
              .formatted(pattern, participant, present.size(), present.get(0), present.get(1)));
    }
    return present.isEmpty() ? named(Integer.toString(participant)) : present.getFirst();
  }

  private List<Path> present(int participant) {
    return IntStream.rangeClosed(1, MOST_DIGITS)
        .mapToObj(digits -> named(("%0" + digits + "d").formatted(participant)))
        .distinct()
        .filter(Files::exists)
        .toList();
  }

  private Path named(String number) {
    return Path.of(pattern.replace(NUMBER, number));
  }

  /**
   * Numbers of participants.
   *
   * @param participants {@code all} that have a target, or numbers such as {@code 1,2}
   * @throws InputException if there are none, or the pattern cannot tell them apart
   */
  List<Integer> chosen(String participants) {
    if (participants.equals("all") && !pattern.contains(NUMBER)) {
      throw new InputException(
          pattern + ": write {p} for the number in its name, or name the participant");
    }
    List<Integer> chosen =
        participants.equals("all")
            ? IntStream.rangeClosed(1, MOST).filter(p -> !present(p).isEmpty()).boxed().toList()
            : numbers(participants);
    if (chosen.isEmpty()) {
      throw new InputException(
          pattern + ": no such target - write them with attune data meg-condense");
    }
    if (chosen.size() > 1 && !pattern.contains(NUMBER)) {
      throw new InputException(
          pattern + ": one target for several participants - write {p} for the number in its name");
    }
    return chosen;
  }

  private static List<Integer> numbers(String participants) {
    List<Integer> numbers = new ArrayList<>();
    for (String part : participants.split(",")) {
      try {
        int number = Integer.parseInt(part.strip());
        if (number < 1 || numbers.contains(number)) {
          throw new NumberFormatException();
        }
        numbers.add(number);
      } catch (NumberFormatException e) {
        throw new InputException(
            "--participants: expected all or different numbers such as 1,2, found '%s'"
                .formatted(participants),
            e);
      }
    }
    return numbers;
  }
}
