// Makes a database by better-auth, and has it accept each token. Prints what its clients know.
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { bearer } from "better-auth/plugins";
import Database from "better-sqlite3";

const options = {
  database: new Database(process.argv.at(-1)),
  secret: "not a secret, and long enough for better-auth",
  baseURL: "http://localhost:3000",
  emailAndPassword: { enabled: true },
  plugins: [bearer()],
  telemetry: { enabled: false },
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
const auth = betterAuth(options);
const body = { email: "ann@example.com", password: "correct horse battery", name: "Ann" };
const first = await auth.api.signUpEmail({ body });
const second = await auth.api.signInEmail({ body });
const tokens = [first.token, second.token];
for (const token of tokens) {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  const session = await auth.api.getSession({ headers });
  if (session?.user.email !== body.email) throw new Error("better-auth refuses its own token");
}
console.log(JSON.stringify({ tokens, refused: [], header: "Bearer", login: body.email, password: body.password }));
