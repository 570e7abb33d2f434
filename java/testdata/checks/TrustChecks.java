package checks;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** TLS with a server of its own, and whom the image trusts. */
final class TrustChecks {
  private static final String BODY = "grüße";
  private static final char[] NONE = new char[0];
  private static final char[] PASSWORD = "changeit".toCharArray();

  private TrustChecks() {}

  static void addTo(Checks checks) {
    checks.add("TLS 1.3 with a server that is verified", () -> "TLSv1.3".equals(handshake("localhost", trusting())));
    checks.add("another name than the certificate's is refused", () -> refused("example.org", trusting()));
    checks.add("an authority that the image does not trust is refused", () -> refused("localhost", SSLContext.getDefault()));
    checks.add("java.net.http reads from the server", () -> BODY.equals(get()));
    checks.add("the default trust managers have more than 100 authorities", () -> authorities() > 100);
    checks.add("the trust store is JKS, and opens by its password", () -> sizeOfStore() == authorities());
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream source = TrustChecks.class.getResourceAsStream("/tls/" + name)) {
      return source.readAllBytes();
    }
  }

  private static Certificate certificate(String name) throws IOException, GeneralSecurityException {
    try (InputStream source = TrustChecks.class.getResourceAsStream("/tls/" + name)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(source);
    }
  }

  private static PrivateKey key() throws IOException, GeneralSecurityException {
    String text = new String(resource("server.key"), StandardCharsets.US_ASCII).replaceAll("-----[A-Z ]+-----|\\s", "");
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  private static KeyStore store() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /** The client's side, which trusts the tests' authority alone. */
  private static SSLContext trusting() throws IOException, GeneralSecurityException {
    KeyStore store = store();
    store.setCertificateEntry("ca", certificate("ca.pem"));
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }

  private static HttpsServer serve() throws IOException, GeneralSecurityException {
    KeyStore store = store();
    store.setKeyEntry("server", key(), NONE, new Certificate[] {certificate("server.pem")});
    KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NONE);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext("/", exchange -> {
      byte[] body = BODY.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    return server;
  }

  /** The protocol that is agreed upon with a server that should have a name. */
  private static String handshake(String name, SSLContext context) throws IOException, GeneralSecurityException {
    HttpsServer server = serve();
    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), server.getAddress().getPort());
        SSLSocket secure = (SSLSocket) context.getSocketFactory().createSocket(plain, name, plain.getPort(), true)) {
      SSLParameters parameters = secure.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      secure.setSSLParameters(parameters);
      secure.startHandshake();
      return secure.getSession().getProtocol();
    } finally {
      server.stop(0);
    }
  }

  private static boolean refused(String name, SSLContext context) throws IOException, GeneralSecurityException {
    try {
      handshake(name, context);
      return false;
    } catch (SSLException error) {
      for (Throwable cause = error; cause != null; cause = cause.getCause()) {
        if (cause instanceof java.security.cert.CertificateException
            || cause instanceof java.security.cert.CertPathBuilderException) {
          return true;
        }
      }
      throw error;
    }
  }

  private static String get() throws IOException, GeneralSecurityException, InterruptedException {
    HttpsServer server = serve();
    try {
      HttpClient client = HttpClient.newBuilder().sslContext(trusting()).build();
      URI uri = URI.create("https://localhost:" + server.getAddress().getPort() + "/");
      HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(120)).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)).body();
    } finally {
      server.stop(0);
    }
  }

  private static int authorities() throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    return ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length;
  }

  private static int sizeOfStore() throws IOException, GeneralSecurityException {
    Path path = Path.of(System.getProperty("java.home"), "lib", "security", "cacerts");
    KeyStore store = KeyStore.getInstance("JKS");
    try (InputStream source = Files.newInputStream(path)) {
      byte[] data = source.readAllBytes();
      if (data[0] != (byte) 0xFE || data[1] != (byte) 0xED) {
        throw new IOException(path + " is no JKS");
      }
      store.load(new java.io.ByteArrayInputStream(data), PASSWORD);
    }
    return store.size();
  }
}
