package dev.countersign.interop;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.JWTBearerGrant;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.JWTAuthenticationClaimsSet;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.Audience;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.JWTID;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.UUID;
import javax.net.ssl.SSLSocketFactory;

/** Asks for tokens with the OAuth 2.0 SDK of Nimbus. */
final class Workload {
  final Settings settings;
  final AuthorizationServerMetadata metadata;
  final SignedJWT podToken;
  private final SSLSocketFactory tls;

  Workload(Settings settings) throws Exception {
    this.settings = settings;
    this.tls = settings.trusting();
    this.metadata =
        AuthorizationServerMetadata.resolve(
            new Issuer(settings.text("issuer")), request -> request.setSSLSocketFactory(tls));
    Path token = Path.of(settings.text("service_account_token"));
    this.podToken = SignedJWT.parse(Files.readString(token).trim());
  }

  /** {@code private_key_jwt}: aud, exp, iat and jti are set one by one, as the SDK's own defaults have no iat. */
  ClientAuthentication authentication(Settings.Signer signer, String client, String audience, JWTID id)
      throws Exception {
    Instant now = Instant.now();
    JWTAuthenticationClaimsSet claims =
        new JWTAuthenticationClaimsSet(
            new ClientID(client),
            new Audience(audience).toSingleAudienceList(),
            Date.from(now.plusSeconds(60)),
            null,
            Date.from(now),
            id);
    return new PrivateKeyJWT(claims, signer.algorithm(), signer.key(), signer.kid(), null);
  }

  ClientAuthentication authentication(Settings.Signer signer) throws Exception {
    return authentication(signer, settings.text("client"), settings.text("issuer"), new JWTID());
  }

  /** The assertion of the JWT bearer grant. */
  SignedJWT assertion(Settings.Signer signer, String subject, String id) throws Exception {
    Instant now = Instant.now();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer(settings.text("client"))
            .subject(subject)
            .audience(settings.text("issuer"))
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plusSeconds(60)))
            .jwtID(id)
            .build();
    JWSHeader header =
        new JWSHeader.Builder(signer.algorithm())
            .type(JOSEObjectType.JWT)
            .keyID(signer.kid())
            .build();
    SignedJWT jwt = new SignedJWT(header, claims);
    jwt.sign(new RSASSASigner(signer.key()));
    return jwt;
  }

  SignedJWT assertion(Settings.Signer signer) throws Exception {
    return assertion(signer, settings.text("client"), UUID.randomUUID().toString());
  }

  TokenResponse clientCredentials(ClientAuthentication by, String resource, String scope) throws Exception {
    return send(new TokenRequest.Builder(endpoint(), by, new ClientCredentialsGrant()), resource, scope);
  }

  TokenResponse bearer(SignedJWT assertion, ClientAuthentication by) throws Exception {
    AuthorizationGrant grant = new JWTBearerGrant(assertion);
    TokenRequest.Builder request =
        by == null ? new TokenRequest.Builder(endpoint(), grant) : new TokenRequest.Builder(endpoint(), by, grant);
    return send(request, settings.text("resource"), null);
  }

  /** A projected service-account token in the place of an assertion, as a form of its own. */
  TokenResponse serviceAccountClient() throws Exception {
    HTTPRequest request = new HTTPRequest(HTTPRequest.Method.POST, endpoint());
    request.setContentType("application/x-www-form-urlencoded");
    request.setBody(
        "grant_type=client_credentials&client_assertion="
            + podToken.serialize()
            + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer");
    request.setSSLSocketFactory(tls);
    return TokenResponse.parse(request.send());
  }

  private TokenResponse send(TokenRequest.Builder request, String resource, String scope) throws Exception {
    request.resources(URI.create(resource));
    if (scope != null) {
      request.scope(Scope.parse(scope));
    }
    HTTPRequest http = request.build().toHTTPRequest();
    http.setSSLSocketFactory(tls);
    return TokenResponse.parse(http.send());
  }

  private URI endpoint() {
    return metadata.getTokenEndpointURI();
  }
}
