// A server whose one page is protected by better-auth with its plugin `bearer`. Prints its port; POST /sign-in answers with a token. The
// argument is the database's path.
import { createServer } from "node:http";

const auth = await start();
await auth.api.signUpEmail({ body });
// The session that comes with it has no client.
database.exec("DELETE FROM session");

async function answer(request) {
  if (request.method === "POST") return [200, { token: (await auth.api.signInEmail({ body })).token }];
  const headers = new Headers({ authorization: request.headers.authorization ?? "" });
  const session = await auth.api.getSession({ headers });
  return session ? [200, { who: session.user.email }] : [401, {}];
}
const server = createServer(async (request, response) => {
  const [status, value] = await answer(request);
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port, header: "Bearer" }));
});
