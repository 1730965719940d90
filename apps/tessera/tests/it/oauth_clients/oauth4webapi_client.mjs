// oauth4webapi: what openid-client is made of, which checks each answer by itself.
import * as oauth from 'oauth4webapi'

const given = JSON.parse(process.argv.at(-1))
const insecure = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(given.base)

function equal(one, other) {
  if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error(JSON.stringify([one, other]))
}

const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
const server = await oauth.processDiscoveryResponse(issuer, discovered)
const client = { client_id: 'demo-rs' }
const ways = [oauth.ClientSecretBasic('demo-rs-secret'), oauth.ClientSecretPost('demo-rs-secret')]

async function ask(way, token, parameters = {}) {
  const options = { additionalParameters: parameters, ...insecure }
  const response = await oauth.introspectionRequest(server, client, way, token, options)
  return oauth.processIntrospectionResponse(server, client, response)
}

for (const way of ways) {
  const signed = await ask(way, given.signed)
  equal([signed.active, signed.iss, signed.aud], [true, given.base, 'demo-rs'])
  equal((await ask(way, given.bound, { key: given.key })).active, true)
  equal(await ask(way, given.bound), { active: false })
}
for (const [way, token] of [[ways[0], given.refresh], [ways[1], given.opaque]]) {
  const response = await oauth.revocationRequest(server, client, way, token, insecure)
  await oauth.processRevocationResponse(response)
}
for (const token of [given.signed, given.opaque]) equal(await ask(ways[0], token), { active: false })
console.log('revoked')
