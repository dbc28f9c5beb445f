package io.attune.format;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What is wrong with a JSON file, in words for who wrote or got it. */
public final class JsonFault {
  private static final Pattern MISSING = Pattern.compile("Missing creator property '([^']+)'");

  private JsonFault() {}

  /** Such as {@code it has no 'names'}, or where it stops being JSON. */
  public static String of(JsonProcessingException e) {
    if (e instanceof MismatchedInputException wrong) {
      Matcher missing = MISSING.matcher(e.getOriginalMessage());
      if (missing.find()) {
        return "it has no '%s'".formatted(missing.group(1));
      }
      String place =
          wrong.getPath().stream()
              .map(JsonMappingException.Reference::getFieldName)
              .map(name -> name == null ? "[]" : name)
              .collect(Collectors.joining("."));
      boolean empty = e.getOriginalMessage().startsWith("No content");
      return empty
          ? "it is empty"
          : place.isEmpty()
              ? "it is JSON of another form"
              : "'%s' has another form than expected".formatted(place);
    }
    JsonLocation at = e.getLocation();
    String text = e.getOriginalMessage().lines().findFirst().orElse("not JSON");
    return at == null ? text : "%s (line %d)".formatted(text, at.getLineNr());
  }
}
