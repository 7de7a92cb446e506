package dev.countersign.interop;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** What the test says about the server and its clients. */
record Settings(Map<String, Object> members) {
  static Settings read(Path path) throws Exception {
    return new Settings(JSONObjectUtils.parse(Files.readString(path)));
  }

  String text(String name) {
    return (String) members.get(name);
  }

  /** A key pair and the algorithm that it is used with. */
  record Signer(String kid, PrivateKey key, JWSAlgorithm algorithm) {}

  @SuppressWarnings("unchecked")
  Signer signer(String name, JWSAlgorithm algorithm) throws Exception {
    Map<String, Object> of = (Map<String, Object>) members.get(name);
    String pem = Files.readString(Path.of((String) of.get("pem"))).replaceAll("-----[^-]+-----", "");
    KeyFactory factory = KeyFactory.getInstance(algorithm == JWSAlgorithm.ES256 ? "EC" : "RSA");
    byte[] der = Base64.getMimeDecoder().decode(pem);
    PrivateKey key = factory.generatePrivate(new PKCS8EncodedKeySpec(der));
    return new Signer((String) of.get("kid"), key, algorithm);
  }

  /** Trusts the authority of the server's certificate, and no other. */
  SSLSocketFactory trusting() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream pem = Files.newInputStream(Path.of(text("ca")))) {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      store.setCertificateEntry("server", factory.generateCertificate(pem));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context.getSocketFactory();
  }
}
