package checks;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.TimeZone;

/** Time zones. */
final class TimeChecks {
  private static final Instant SUMMER = Instant.parse("2026-07-01T12:00:00Z");
  private static final Instant WINTER = Instant.parse("2026-01-01T12:00:00Z");

  private TimeChecks() {}

  static void addTo(Checks checks) {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    checks.add("the rules of Europe/Berlin", () -> berlin.getRules().getOffset(SUMMER).equals(ZoneOffset.ofHours(2))
        && berlin.getRules().getOffset(WINTER).equals(ZoneOffset.ofHours(1)));
    checks.add("zones have names", () -> "Mittwoch, 14:00 MESZ".equals(
        DateTimeFormatter.ofPattern("EEEE, HH:mm z", Locale.GERMANY).format(ZonedDateTime.ofInstant(SUMMER, berlin))));
    checks.add("more than 500 zones", () -> ZoneId.getAvailableZoneIds().size() > 500);
    String expected = System.getenv().getOrDefault("TZ", "");
    if (!expected.isEmpty()) {
      checks.add("TZ sets the time zone to " + expected, () -> TimeZone.getDefault().getID().equals(expected)
          && ZoneId.systemDefault().equals(ZoneId.of(expected)));
    }
  }
}
