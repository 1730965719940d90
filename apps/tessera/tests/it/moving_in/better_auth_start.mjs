// What each script of better-auth begins with. The last argument is the path of the database.
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { bearer } from "better-auth/plugins";
import Database from "better-sqlite3";

const database = new Database(process.argv.at(-1));
const body = { email: "ann@example.com", password: "correct horse battery", name: "Ann" };

async function start(...plugins) {
  const options = {
    database,
    secret: "not a secret, and long enough for better-auth",
    baseURL: "http://localhost:3000",
    emailAndPassword: { enabled: true },
    plugins: [bearer(), ...plugins],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  };
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  return betterAuth(options);
}

