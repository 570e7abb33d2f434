package checks;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Encodings, names of files, locales. */
final class TextChecks {
  private static final String NAME = "grüße-日本-🎉.txt";

  private TextChecks() {}

  static void addTo(Checks checks) {
    checks.add("UTF-8 is the default: " + NAME, () -> Charset.defaultCharset().equals(StandardCharsets.UTF_8));
    checks.add("UTF-8 is the encoding of file names", () -> "UTF-8".equals(System.getProperty("sun.jnu.encoding")));
    checks.add("names and contents of files keep their letters", TextChecks::keepsNames);
    checks.add("charsets of other countries are there", () -> "日本".equals(new String("日本".getBytes("Shift_JIS"), "Shift_JIS"))
        && "中".getBytes("GB18030").length == 2 && "€".getBytes("ISO-8859-15")[0] == (byte) 0xA4
        && Charset.isSupported("IBM500"));
    checks.add("the locale is none of a country", () -> Locale.getDefault().getCountry().isEmpty());
    checks.add("data of locales are there", () -> "1.234,5".equals(String.format(Locale.GERMANY, "%,.1f", 1234.5))
        && "日本".equals(Locale.JAPAN.getDisplayCountry(Locale.JAPAN)));
    checks.add("the user has a name and a home", () -> List.of("root", "nonroot").contains(System.getProperty("user.name"))
        && Files.isDirectory(Path.of(System.getProperty("user.home"))));
  }

  private static boolean keepsNames() throws IOException {
    Path directory = Files.createTempDirectory("checks");
    Files.writeString(directory.resolve(NAME), "ß€🎉");
    try (Stream<Path> found = Files.list(directory)) {
      List<Path> paths = found.toList();
      return paths.size() == 1
          && paths.get(0).getFileName().toString().equals(NAME)
          && new String(Files.readAllBytes(paths.get(0)), StandardCharsets.UTF_8).equals("ß€🎉");
    }
  }
}
