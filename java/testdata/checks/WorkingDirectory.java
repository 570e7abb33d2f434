package checks;

import java.nio.file.Files;
import java.nio.file.Path;

/** Uses the working directory as an application's health check and its log would. */
public final class WorkingDirectory {
  private WorkingDirectory() {}

  public static void main(String[] arguments) throws Exception {
    Path here = Path.of("").toAbsolutePath();
    if (!here.equals(Path.of("/home/nonroot"))) {
      throw new IllegalStateException("the working directory is " + here);
    }
    // Spring's DiskSpaceHealthIndicator asks this of the path ".".
    if (here.toFile().getUsableSpace() <= 0) {
      throw new IllegalStateException("no usable space in " + here);
    }
    Files.writeString(here.resolve("file"), "x");
    System.out.println("ok");
  }
}
