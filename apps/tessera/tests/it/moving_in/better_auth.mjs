// Makes a database by better-auth, and has it accept each token and key. Prints what its clients know.
import { apiKey } from "@better-auth/api-key";
import { admin } from "better-auth/plugins";

const auth = await start(admin(), apiKey());
const first = await auth.api.signUpEmail({ body });
const second = await auth.api.signInEmail({ body });
const tokens = [first.token, second.token];

async function accepts(token) {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  return (await auth.api.getSession({ headers }))?.user.email === body.email;
}
for (const token of tokens) {
  if (!(await accepts(token))) throw new Error("better-auth refuses its own token");
}
const banned = await auth.api.signUpEmail({ body: { ...body, email: "bob@example.com" } });
const before = await auth.api.signUpEmail({ body: { ...body, email: "cid@example.com" } });
const ban = database.prepare("UPDATE user SET banned = 1, banExpires = ? WHERE id = ?");
ban.run(null, banned.user.id);
ban.run("2026-01-01T00:00:00.000Z", before.user.id);

const create = (settings) => auth.api.createApiKey({ body: { userId: first.user.id, ...settings } });
const whole = await create({ name: "ci" });
const part = await create({ prefix: "shop_", expiresIn: 86400, permissions: { files: ["read", "delete"], mail: ["send"] } });
const off = await create({ name: "off" });
await auth.api.updateApiKey({ body: { keyId: off.id, userId: first.user.id, enabled: false } });
const counted = await create({ name: "three times", remaining: 3 });
const expected = [[whole, true], [part, true], [off, false], [counted, true]];
for (const [{ key }, live] of expected) {
  const { valid } = await auth.api.verifyApiKey({ body: { key } });
  if (valid !== live) throw new Error("better-auth judges its own key otherwise");
}

// better-auth takes a ban that is over from the row when its owner signs in: that has to be undone.
const signs_in = {};
for (const [email, expected] of [[body.email, true], ["bob@example.com", false], ["cid@example.com", true]]) {
  signs_in[email] = await auth.api.signInEmail({ body: { ...body, email } }).then(() => true, () => false);
  if (signs_in[email] !== expected) throw new Error("better-auth judges its own people otherwise");
}
ban.run("2026-01-01T00:00:00.000Z", before.user.id);

console.log(JSON.stringify({
  tokens,
  refused: [banned.token],
  header: "Bearer",
  keys: [whole.key, part.key],
  refused_keys: [off.key, counted.key],
  rights: { [whole.key]: "read write files:read", [part.key]: "files:read" },
  signs_in,
  login: body.email,
  password: body.password,
}));
