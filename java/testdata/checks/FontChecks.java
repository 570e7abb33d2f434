package checks;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.GraphicsEnvironment;
import java.awt.RenderingHints;
import java.awt.color.ColorSpace;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.awt.image.ColorConvertOp;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageIO;

/** Text as pictures, by the image's fontconfig, FreeType and fonts; pictures by its libraries. */
final class FontChecks {
  private static final String TEXT = "Grüße, Ελλάδα, Привет";
  private static final int WHITE = Color.WHITE.getRGB();

  private FontChecks() {}

  static void addTo(Checks checks) {
    System.setProperty("java.awt.headless", "true");
    checks.add("fontconfig finds DejaVu", () -> Arrays.asList(families()).contains("DejaVu Sans"));
    for (String family : new String[] {Font.SANS_SERIF, Font.SERIF, Font.MONOSPACED, "DejaVu Sans"}) {
      checks.add("text in " + family + " is drawn", () -> inked(family) > 500);
    }
    checks.add("different letters look different", () -> !Arrays.equals(pixels(draw("i", "Dialog")), pixels(draw("W", "Dialog"))));
    checks.add("Monospaced has one width for all letters", () -> width("iiii", Font.MONOSPACED) == width("WWWW", Font.MONOSPACED));
    checks.add("PNG keeps what was drawn", () -> Arrays.equals(pixels(draw(TEXT, "Dialog")), pixels(copied("png"))));
    checks.add("JPEG keeps its size", () -> copied("jpeg").getWidth() == 400);
    checks.add("colours are converted by profiles", FontChecks::convertsColours);
  }

  private static String[] families() {
    return GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames();
  }

  private static BufferedImage draw(String text, String family) throws IOException {
    BufferedImage image = new BufferedImage(400, 60, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
      graphics.setColor(Color.BLACK);
      graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      Font font = new Font(family, Font.PLAIN, 28);
      if (font.canDisplayUpTo(text) != -1) {
        throw new IOException(font.getFontName() + " lacks letters of " + text);
      }
      graphics.setFont(font);
      graphics.drawString(text, 10, 40);
    } finally {
      graphics.dispose();
    }
    return image;
  }

  private static double width(String text, String family) {
    FontRenderContext context = new FontRenderContext(null, true, true);
    return new Font(family, Font.PLAIN, 28).getStringBounds(text, context).getWidth();
  }

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  private static long inked(String family) throws IOException {
    return Arrays.stream(pixels(draw(TEXT, family))).filter(pixel -> pixel != WHITE).count();
  }

  private static BufferedImage copied(String format) throws IOException {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    if (!ImageIO.write(draw(TEXT, "Dialog"), format, written)) {
      throw new IOException("no writer for " + format);
    }
    return ImageIO.read(new ByteArrayInputStream(written.toByteArray()));
  }

  private static boolean convertsColours() throws IOException {
    ColorConvertOp toGray = new ColorConvertOp(ColorSpace.getInstance(ColorSpace.CS_GRAY), null);
    BufferedImage red = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    red.setRGB(0, 0, Color.RED.getRGB());
    Color gray = new Color(toGray.filter(red, null).getRGB(0, 0));
    return gray.getRed() == gray.getGreen() && gray.getRed() > 40 && gray.getRed() < 200;
  }
}
