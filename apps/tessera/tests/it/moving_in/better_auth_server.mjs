// A server whose one page is protected by better-auth with its plugin `bearer`. Prints its port, and a token for each client at start;
// POST /sign-in answers with one more. The argument is the database's path.
import { createServer } from "node:http";

const auth = await start();
const signIn = async () => (await auth.api.signInEmail({ body })).token;
const tokens = [(await auth.api.signUpEmail({ body })).token, await signIn()];

async function answer(request) {
  if (request.method === "POST") return [200, { token: await signIn() }];
  const headers = new Headers({ authorization: request.headers.authorization ?? "" });
  const session = await auth.api.getSession({ headers });
  return session ? [200, { who: session.user.email }] : [401, {}];
}
const server = createServer(async (request, response) => {
  const [status, value] = await answer(request);
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port, tokens, header: "Bearer" }));
});
