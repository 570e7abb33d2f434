import com.google.gson.GsonBuilder;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Prints what it runs on, as JSON: a program and a library in one jar. */
public final class Inventory {
  private Inventory() {}

  public static void main(String[] arguments) {
    ZonedDateTime noon = ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 0, ZoneId.of("UTC"));
    Map<String, String> zones = new TreeMap<>();
    for (String zone : arguments) {
      zones.put(zone, noon.withZoneSameInstant(ZoneId.of(zone)).toLocalTime().toString());
    }
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("java", Runtime.version().feature());
    report.put("user", System.getProperty("user.name"));
    report.put("home", System.getProperty("user.home"));
    report.put("noon of UTC", zones);
    System.out.println(new GsonBuilder().disableHtmlEscaping().create().toJson(report));
  }
}
