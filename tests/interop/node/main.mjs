// Asks the server for tokens with openid-client, and verifies them with jose.
// The path of the settings is the one argument; each case prints one JSON line.
// NODE_EXTRA_CA_CERTS names the authority of the server's certificate.

import { readFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import * as client from 'openid-client'
import { createRemoteJWKSet, errors, importPKCS8, jwtVerify, SignJWT } from 'jose'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const settings = JSON.parse(await readFile(process.argv[2], 'utf8'))
const issuer = new URL(settings.issuer)

const key = async (of, alg) => ({ kid: of.kid, key: await importPKCS8(await readFile(of.pem, 'utf8'), alg) })
const rsa = await key(settings.rsa, 'RS256')
const ecdsa = await key(settings.ecdsa, 'ES256')
const stranger = await key(settings.stranger, 'RS256')
const podToken = (await readFile(settings.service_account_token, 'utf8')).trim()

// `auth` says how the client authenticates; openid-client sets iss, sub, aud, jti, iat and exp.
const configure = (auth, id = settings.client) =>
  client.discovery(issuer, id, undefined, auth, { algorithm: 'oauth2' })
const privateKeyJwt = (signer, changes = {}) =>
  client.PrivateKeyJwt(signer, {
    [client.modifyAssertion]: (_header, payload) => Object.assign(payload, changes),
  })
// A projected service-account token takes the place of an assertion.
const serviceAccount = (_as, _client, body) => {
  body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  body.set('client_assertion', podToken)
}

// The assertion of the JWT bearer grant: `jti` and `iat` are required, and five minutes the longest.
const assertion = (signer, claims = {}) =>
  new SignJWT({ jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: signer.kid })
    .setIssuer(settings.client)
    .setSubject(claims.sub ?? settings.client)
    .setAudience(settings.issuer)
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(signer.key)

const resource = settings.resource
const clientCredentials = async (auth, more = {}, id) =>
  client.clientCredentialsGrant(await configure(auth, id), { resource, ...more })
const bearer = async (jwt, auth = client.None(), more = {}) =>
  client.genericGrantRequest(await configure(auth), JWT_BEARER, { assertion: jwt, resource, ...more })

const metadata = (await configure(client.None())).serverMetadata()
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
const verify = async (token, audience = resource) => {
  const { payload } = await jwtVerify(token, keys, {
    issuer: settings.issuer,
    audience,
    typ: 'at+jwt',
    algorithms: ['ES256', 'RS256'],
    requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id'],
  })
  return payload
}
const granted = async (answer, audience) => verify((await answer).access_token, audience)
const once = async (send) => {
  await send()
  return send()
}

const cases = {
  client_credentials_rs256: () => granted(clientCredentials(privateKeyJwt(rsa))),
  client_credentials_es256: () => granted(clientCredentials(privateKeyJwt(ecdsa))),
  audience_is_endpoint: () => granted(clientCredentials(privateKeyJwt(rsa, { aud: metadata.token_endpoint }))),
  jwt_bearer: async () => granted(bearer(await assertion(rsa))),
  both: async () => granted(bearer(await assertion(rsa), privateKeyJwt(ecdsa))),
  delegated: async () => granted(bearer(await assertion(rsa, { sub: settings.subject }))),
  service_account_client: () => granted(clientCredentials(serviceAccount)),
  service_account_grant: () => granted(bearer(podToken)),
  scope: () => granted(clientCredentials(privateKeyJwt(rsa), { scope: 'read' })),
  other_resource: () =>
    granted(clientCredentials(privateKeyJwt(rsa), { resource: settings.other_resource }), settings.other_resource),
  strict: () => granted(clientCredentials(privateKeyJwt(rsa), {}, settings.strict_client)),
  strict_endpoint: () =>
    clientCredentials(privateKeyJwt(rsa, { aud: metadata.token_endpoint }), {}, settings.strict_client),
  wrong_key: () => clientCredentials(privateKeyJwt(stranger)),
  wrong_key_grant: async () => bearer(await assertion(stranger)),
  no_jti: () => clientCredentials(privateKeyJwt(rsa, { jti: undefined })),
  replayed: async () => {
    const jwt = await assertion(rsa)
    return once(() => bearer(jwt))
  },
  wrong_scope: () => clientCredentials(privateKeyJwt(rsa), { scope: 'admin' }),
  wrong_resource: () => clientCredentials(privateKeyJwt(rsa), { resource: 'https://nobody.internal' }),
  verify_other_audience: async () => {
    const { access_token } = await clientCredentials(privateKeyJwt(rsa))
    return verify(access_token, settings.other_resource)
  },
  verify_changed: async () => {
    const { access_token } = await clientCredentials(privateKeyJwt(rsa))
    const [header, , signature] = access_token.split('.')
    const claims = Buffer.from(JSON.stringify({ iss: settings.issuer, aud: resource, sub: 'root' }))
    return verify([header, claims.toString('base64url'), signature].join('.'))
  },
  verify_assertion: async () => verify(await assertion(rsa)),
}

for (const [name, run] of Object.entries(cases)) {
  let line
  try {
    line = { granted: await run() }
  } catch (error) {
    if (error instanceof client.ResponseBodyError) {
      line = { refused: error.error, description: error.error_description }
    } else if (error instanceof errors.JOSEError) {
      line = { rejected: `${error.name}: ${error.message}` }
    } else {
      throw error
    }
  }
  console.log(JSON.stringify({ case: name, ...line }))
}
