// A real OpenID provider that nobody here wrote (npm oidc-provider), with people and groups for the journeys.
// node providers.mjs PORT REDIRECT_URI ; anybody signs in by typing their subject, which is the name before the @.
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const GROUPS = { bo: ["appsec"], ada: ["soc", "auditors"], stella: [] };

const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: "andon",
      client_secret: "a-secret-of-the-client-that-is-long-enough",
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  pkce: { required: () => true },
  conformIdTokenClaims: false,
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@example.org`,
      email_verified: id !== "unverified",
      name: id,
      groups: GROUPS[id] ?? [],
    }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
