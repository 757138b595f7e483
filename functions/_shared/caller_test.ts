import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { identifyBy } from "./caller.ts";
import { EnvironmentFault } from "./environment.ts";
import { Refusal } from "./refusal.ts";

const JWT_SECRET = "a secret of the tests alone, long enough for HS256";
const ID = "10441579-9e54-4748-9509-28b2096a0d0c";
const CLAIMS = { role: "authenticated", aud: "authenticated", sub: ID };

const bearing = (token: string) => new Request("http://x", { headers: { authorization: `Bearer ${token}` } });

function signed(alg: string, key: CryptoKey | Uint8Array, kid?: string): Promise<string> {
  return new SignJWT(CLAIMS).setProtectedHeader({ alg, ...(kid ? { kid } : {}) }).setExpirationTime("1 hour")
    .sign(key);
}

const refused = { name: "Refusal", code: "unauthenticated" };

for (const alg of ["ES256", "RS256"]) {
  Deno.test(`a token signed with a published ${alg} key is believed`, async () => {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const key = { ...await exportJWK(publicKey), kid: "current", alg };
    const token = await signed(alg, privateKey, "current");
    for (const set of [{ keys: [key] }, [key]]) {
      const caller = await identifyBy({ SUPABASE_JWKS: JSON.stringify(set) })(bearing(token));
      assert.equal(caller.kind === "user" && caller.id, ID);
    }
    const other = await generateKeyPair(alg);
    const forged = await signed(alg, other.privateKey, "current");
    await assert.rejects(identifyBy({ SUPABASE_JWKS: JSON.stringify([key]) })(bearing(forged)), refused);
    await assert.rejects(identifyBy({ JWT_SECRET })(bearing(token)), refused);
  });
}

Deno.test("a public key is no secret to sign with", async () => {
  const { publicKey } = await generateKeyPair("ES256");
  const key = { ...await exportJWK(publicKey), kid: "current" };
  const SUPABASE_JWKS = JSON.stringify({ keys: [key] });
  const token = await signed("HS256", new TextEncoder().encode(SUPABASE_JWKS), "current");
  await assert.rejects(identifyBy({ SUPABASE_JWKS })(bearing(token)), refused);
  await assert.rejects(identifyBy({ SUPABASE_JWKS, JWT_SECRET })(bearing(token)), refused);
});

Deno.test("a symmetric key in the published set opens nothing", async () => {
  const secret = new TextEncoder().encode("published by mistake, published by mistake");
  const k = btoa(String.fromCharCode(...secret)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const SUPABASE_JWKS = JSON.stringify({ keys: [{ kty: "oct", k, kid: "oct", alg: "HS256" }] });
  const token = await signed("HS256", secret, "oct");
  await assert.rejects(identifyBy({ SUPABASE_JWKS })(bearing(token)), refused);
});

Deno.test("no token is nobody, the public key of the API too", async () => {
  const identify = identifyBy({ JWT_SECRET });
  assert.deepEqual(await identify(new Request("http://x")), { kind: "nobody" });
  const anon = await new SignJWT({ role: "anon" }).setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1 hour").sign(new TextEncoder().encode(JWT_SECRET));
  assert.deepEqual(await identify(bearing(anon)), { kind: "nobody" });
});

for (const SUPABASE_JWKS of ["{", "null", "7", "{}", '{"keys": [7]}', '[{"kid": "x"}]']) {
  Deno.test(`${SUPABASE_JWKS} is no key set`, () => {
    assert.throws(
      () => identifyBy({ SUPABASE_JWKS }),
      (error) =>
        error instanceof EnvironmentFault && error.names[0] === "SUPABASE_JWKS" &&
        !(error instanceof Refusal),
    );
  });
}

Deno.test("a token that was believed is refused once it has expired", async () => {
  const identify = identifyBy({ JWT_SECRET });
  const token = await signed("HS256", new TextEncoder().encode(JWT_SECRET));
  assert.equal((await identify(bearing(token))).kind, "user");
  const Now = Date;
  const inTwoHours = () => Now.now() + 2 * 3600 * 1000;
  globalThis.Date = class extends Now {
    constructor() {
      super(inTwoHours());
    }
    static override now = inTwoHours;
  } as DateConstructor;
  try {
    await assert.rejects(identify(bearing(token)), { code: "token_expired" });
  } finally {
    globalThis.Date = Now;
  }
});

Deno.test("who was believed lends no belief to another token", async () => {
  const identify = identifyBy({ JWT_SECRET });
  const token = await signed("HS256", new TextEncoder().encode(JWT_SECRET));
  await identify(bearing(token));
  const [header, , signature] = token.split(".");
  const admin = btoa(JSON.stringify({ ...CLAIMS, exp: 4_000_000_000, sub: crypto.randomUUID() }));
  await assert.rejects(identify(bearing(`${header}.${admin.replace(/=+$/, "")}.${signature}`)), refused);
});
