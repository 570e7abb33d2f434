import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Talks TLS with a server of the company, which it runs itself, as a client with Java's defaults. */
final class Ask {
  private static final Path KEY = Path.of("/app/server.key");
  private static final Path CERTIFICATE = Path.of("/app/server.pem");

  public static void main(String[] arguments) throws Exception {
    System.out.println("trusts more than 100 others: " + (authorities() > 100));
    try (SSLServerSocket listener =
        (SSLServerSocket) company().getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread server = new Thread(() -> greet(listener));
      server.setDaemon(true);
      server.start();
      try (SSLSocket socket =
          (SSLSocket) SSLContext.getDefault().getSocketFactory().createSocket("localhost", listener.getLocalPort())) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        String greeting = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        X509Certificate peer = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        System.out.println(peer.getIssuerX500Principal() + ": " + greeting);
      }
    }
  }

  private static void greet(SSLServerSocket listener) {
    try (SSLSocket socket = (SSLSocket) listener.accept()) {
      socket.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
    } catch (java.io.IOException error) {
      // The client reports it, too.
      System.err.println(error);
    }
  }

  /** The server's side. */
  private static SSLContext company() throws Exception {
    String text = Files.readString(KEY).replaceAll("-----[A-Z ]+-----|\\s", "");
    PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    Certificate certificate;
    try (InputStream source = Files.newInputStream(CERTIFICATE)) {
      certificate = CertificateFactory.getInstance("X.509").generateCertificate(source);
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("server", key, new char[0], new Certificate[] {certificate});
    KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  private static int authorities() throws Exception {
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    return ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length;
  }
}
