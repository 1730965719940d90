// jose: createRemoteJWKSet fetches the keys, and finds the one that a token names.
import * as jose from 'jose'

const given = JSON.parse(process.argv.at(-1))
const keys = jose.createRemoteJWKSet(new URL(given.base + '/.well-known/jwks.json'))
for (const [name, algorithm] of [['signed', 'ES256'], ['also_signed', 'EdDSA']]) {
  const { payload } = await jose.jwtVerify(given[name], keys, { algorithms: [algorithm] })
  if (payload.user_id !== 281950) throw new Error(JSON.stringify(payload))
  const forged = given[name].slice(0, -8) + 'AAAAAAAA'
  await jose.jwtVerify(forged, keys).then(
    () => { throw new Error('a forged token was accepted') },
    (error) => { if (error.code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') throw error },
  )
}
// A service behind a proxy verifies who calls.
const expected = { issuer: given.base, audience: 'https://internal.example.com', typ: 'forward-auth+jwt' }
const { payload } = await jose.jwtVerify(given.identity, keys, expected)
if (payload.sub !== given.subject || !payload.permissions.includes('consultarJuego')) throw new Error(JSON.stringify(payload))
await jose.jwtVerify(given.also_signed, keys, { typ: 'forward-auth+jwt' }).then(
  () => { throw new Error('an access token was accepted for an identity') },
  (error) => { if (error.code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED') throw error },
)
await jose.jwtVerify(given.bound, keys).then(
  () => { throw new Error('a token that counts only with its key was accepted') },
  () => console.log('verified'),
)
