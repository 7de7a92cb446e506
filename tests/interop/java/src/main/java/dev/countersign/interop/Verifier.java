package dev.countersign.interop;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URL;
import java.util.Map;
import java.util.Set;

/** A resource server's side: it knows the issuer and its published keys. */
final class Verifier {
  private final Settings settings;
  private final URL keys;

  Verifier(Workload workload) throws Exception {
    this.settings = workload.settings;
    this.keys = workload.metadata.getJWKSetURI().toURL();
  }

  /** The claims of an access token for {@code audience} (RFC 9068 §4). */
  Map<String, Object> verify(String token, String audience) throws Exception {
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(
            Set.of(JWSAlgorithm.ES256, JWSAlgorithm.RS256),
            JWKSourceBuilder.<SecurityContext>create(
                    keys, new DefaultResourceRetriever(2000, 2000, 65536, true, settings.trusting()))
                .build()));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(
            audience,
            new JWTClaimsSet.Builder().issuer(settings.text("issuer")).build(),
            Set.of("exp", "iat", "jti", "sub", "client_id")));
    return processor.process(token, null).toJSONObject();
  }
}
