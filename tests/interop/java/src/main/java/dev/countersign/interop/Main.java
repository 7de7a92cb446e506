package dev.countersign.interop;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.oauth2.sdk.TokenErrorResponse;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.id.JWTID;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The path of the settings is the one argument; each case prints one JSON line. */
public final class Main {
  private interface Case {
    Map<String, Object> run() throws Exception;
  }

  private final Settings settings;
  private final Workload workload;
  private final Verifier verifier;
  private final Settings.Signer rsa;
  private final Settings.Signer ecdsa;
  private final Settings.Signer stranger;

  private Main(Settings settings) throws Exception {
    this.settings = settings;
    this.workload = new Workload(settings);
    this.verifier = new Verifier(workload);
    this.rsa = settings.signer("rsa", JWSAlgorithm.RS256);
    this.ecdsa = settings.signer("ecdsa", JWSAlgorithm.ES256);
    this.stranger = settings.signer("stranger", JWSAlgorithm.RS256);
  }

  public static void main(String[] args) throws Exception {
    for (Map.Entry<String, Case> entry : new Main(Settings.read(Path.of(args[0]))).cases().entrySet()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("case", entry.getKey());
      try {
        line.putAll(entry.getValue().run());
      } catch (BadJOSEException rejected) {
        line.put("rejected", rejected.toString());
      }
      System.out.println(JSONObjectUtils.toJSONString(line));
    }
  }

  private Map<String, Case> cases() throws Exception {
    String resource = settings.text("resource");
    String other = settings.text("other_resource");
    String client = settings.text("client");
    String strict = settings.text("strict_client");
    String issuer = settings.text("issuer");
    String endpoint = workload.metadata.getTokenEndpointURI().toString();
    Map<String, Case> cases = new LinkedHashMap<>();
    cases.put("client_credentials_rs256", () -> granted(simple(null), resource));
    cases.put(
        "client_credentials_es256",
        () -> granted(workload.clientCredentials(workload.authentication(ecdsa), resource, null), resource));
    cases.put("audience_is_endpoint", () -> granted(signed(rsa, client, endpoint), resource));
    cases.put("jwt_bearer", () -> granted(workload.bearer(workload.assertion(rsa), null), resource));
    cases.put(
        "both",
        () -> granted(workload.bearer(workload.assertion(rsa), workload.authentication(ecdsa)), resource));
    cases.put(
        "delegated",
        () -> granted(workload.bearer(workload.assertion(rsa, settings.text("subject"), unique()), null), resource));
    cases.put("service_account_client", () -> granted(workload.serviceAccountClient(), resource));
    cases.put("service_account_grant", () -> granted(workload.bearer(workload.podToken, null), resource));
    cases.put("scope", () -> granted(simple("read"), resource));
    cases.put(
        "other_resource",
        () -> granted(workload.clientCredentials(workload.authentication(rsa), other, null), other));
    cases.put("strict", () -> granted(signed(rsa, strict, issuer), resource));
    cases.put("strict_endpoint", () -> granted(signed(rsa, strict, endpoint), resource));
    cases.put("wrong_key", () -> granted(signed(stranger, client, issuer), resource));
    cases.put("wrong_key_grant", () -> granted(workload.bearer(workload.assertion(stranger), null), resource));
    cases.put(
        "no_jti",
        () ->
            granted(
                workload.clientCredentials(
                    workload.authentication(rsa, client, issuer, null), resource, null),
                resource));
    cases.put("replayed", () -> granted(replayed(), resource));
    cases.put("wrong_scope", () -> granted(simple("admin"), resource));
    cases.put(
        "wrong_resource",
        () ->
            granted(
                workload.clientCredentials(workload.authentication(rsa), "https://nobody.internal", null),
                resource));
    cases.put("verify_other_audience", () -> granted(simple(null), other));
    cases.put("verify_changed", this::changed);
    cases.put(
        "verify_assertion",
        () -> Map.of("granted", verifier.verify(workload.assertion(rsa).serialize(), resource)));
    return cases;
  }

  private static String unique() {
    return new JWTID().getValue();
  }

  private TokenResponse signed(Settings.Signer signer, String client, String audience) throws Exception {
    return workload.clientCredentials(
        workload.authentication(signer, client, audience, new JWTID()), settings.text("resource"), null);
  }

  private TokenResponse simple(String scope) throws Exception {
    return workload.clientCredentials(workload.authentication(rsa), settings.text("resource"), scope);
  }

  private TokenResponse replayed() throws Exception {
    var assertion = workload.assertion(rsa);
    workload.bearer(assertion, null);
    return workload.bearer(assertion, null);
  }

  private Map<String, Object> changed() throws Exception {
    String[] parts = token(simple(null)).split("\\.");
    String claims =
        JSONObjectUtils.toJSONString(
            Map.of("iss", settings.text("issuer"), "aud", settings.text("resource"), "sub", "root"));
    String forged = parts[0] + "." + Base64URL.encode(claims) + "." + parts[2];
    return Map.of("granted", verifier.verify(forged, settings.text("resource")));
  }

  private static String token(TokenResponse response) {
    return response.toSuccessResponse().getTokens().getAccessToken().getValue();
  }

  /** The claims of the token, as a resource server reads them; or the error of the answer. */
  private Map<String, Object> granted(TokenResponse response, String audience) throws Exception {
    if (response instanceof TokenErrorResponse refused) {
      return Map.of(
          "refused", refused.getErrorObject().getCode(),
          "description", refused.getErrorObject().getDescription());
    }
    return Map.of("granted", verifier.verify(token(response), audience));
  }
}
