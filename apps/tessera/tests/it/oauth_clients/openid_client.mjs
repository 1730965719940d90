// openid-client: discovery, introspection, revocation, with both ways to sign in.
import * as client from 'openid-client'

const given = JSON.parse(process.argv.at(-1))

function equal(one, other) {
  if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error(JSON.stringify([one, other]))
}

function discover(authentication) {
  const options = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }
  return client.discovery(new URL(given.base), 'demo-rs', undefined, authentication, options)
}

for (const authentication of [client.ClientSecretBasic('demo-rs-secret'), client.ClientSecretPost('demo-rs-secret')]) {
  const config = await discover(authentication)
  equal(config.serverMetadata().issuer, given.base)
  const signed = await client.tokenIntrospection(config, given.signed, { token_type_hint: 'refresh_token' })
  equal([signed.active, signed.flavour, signed.sub], [true, 'mechanics', '281950'])
  const opaque = await client.tokenIntrospection(config, given.opaque)
  equal([opaque.active, opaque.token_type], [true, 'Bearer'])
  const bound = await client.tokenIntrospection(config, given.bound, { key: given.key })
  equal([bound.active, bound.flavour], [true, 'login'])
  for (const inactive of [given.bound, given.refresh, 'unknown']) {
    equal(await client.tokenIntrospection(config, inactive), { active: false })
  }
}

const wrong = await discover(client.ClientSecretBasic('wrong'))
await client.tokenIntrospection(wrong, given.signed).then(
  () => equal('refused', 'answered'),
  (error) => equal(error.status ?? error.cause?.status ?? error.response?.status, 401),
)

const config = await discover(client.ClientSecretBasic('demo-rs-secret'))
for (const token of [given.refresh, given.opaque, given.opaque, 'unknown']) {
  await client.tokenRevocation(config, token)
}
for (const token of [given.signed, given.opaque]) {
  equal(await client.tokenIntrospection(config, token), { active: false })
}
console.log('revoked')
