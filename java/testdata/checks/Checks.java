package checks;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/** Looks at an image from within: a line a check, exit status 1 if one fails. */
public final class Checks {
  private final Map<String, Callable<Boolean>> all = new LinkedHashMap<>();

  private Checks() {}

  /** A check, and what is true if it returns true. */
  void add(String name, Callable<Boolean> check) {
    all.put(name, check);
  }

  private int run() {
    int failed = 0;
    for (Map.Entry<String, Callable<Boolean>> each : all.entrySet()) {
      boolean passed = false;
      try {
        passed = each.getValue().call();
      } catch (Exception | LinkageError error) {
        error.printStackTrace(System.out);
      }
      System.out.println((passed ? "ok   " : "FAIL ") + each.getKey());
      failed += passed ? 0 : 1;
    }
    return failed;
  }

  public static void main(String[] arguments) {
    Checks checks = new Checks();
    TrustChecks.addTo(checks);
    FontChecks.addTo(checks);
    TextChecks.addTo(checks);
    TimeChecks.addTo(checks);
    System.exit(checks.run() == 0 ? 0 : 1);
  }
}
