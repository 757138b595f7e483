/** Who calls: told by a token whose signature holds, and by nothing else in the request. */

import { createLocalJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { type Environment, EnvironmentFault } from "./environment.ts";
import { Refusal } from "./refusal.ts";

/** The names of which one must be set: the secret of HS256 tokens, the public keys of all others. */
export const TOKEN_KEYS = "JWT_SECRET|SUPABASE_JWKS";

const SIGNED_IN = z.looseObject({
  role: z.literal("authenticated"),
  aud: z.union([
    z.literal("authenticated"),
    z.array(z.string()).refine((all) => all.includes("authenticated")),
  ]),
  sub: z.uuid(),
});

const CLAIMS = z.union([
  SIGNED_IN.transform((claims) => ({ kind: "user" as const, id: claims.sub, claims })),
  z.looseObject({ role: z.literal("service_role") }).transform(() => ({ kind: "service" as const })),
  z.looseObject({ role: z.literal("anon") }).transform(() => ({ kind: "nobody" as const })),
]);

export type User = { readonly kind: "user"; readonly id: string; readonly claims: Record<string, unknown> };

export type Caller = User | { readonly kind: "service" } | { readonly kind: "nobody" };

export type Identify = (request: Request) => Promise<Caller>;

const BEARER = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** How many tokens are remembered; a project has seldom more users at a time. */
const REMEMBERED = 1_000;

/** Tells callers by the project's keys. Throws where a token is there and can't be believed. */
export function identifyBy(environment: Environment): Identify {
  const keys = keysOf(environment);
  // A token that was believed is good until it expires, for as long as the keys are the same, which is a process' life.
  const believed = new Map<string, { caller: Caller; expires: number }>();
  return async (request) => {
    const header = request.headers.get("authorization");
    if (header === null) return { kind: "nobody" };
    const token = BEARER.exec(header)?.[1];
    if (token === undefined) {
      throw new Refusal("unauthenticated", "The authorization header is no bearer token");
    }
    const known = believed.get(token);
    if (known !== undefined && known.expires > Date.now() / 1000) return known.caller;
    const payload = await verified(token, keys);
    const claims = CLAIMS.safeParse(payload);
    if (!claims.success) throw new Refusal("unauthenticated", "The token is for nobody who may call");
    if (believed.size >= REMEMBERED) believed.clear();
    believed.set(token, { caller: claims.data, expires: payload.exp ?? 0 });
    return claims.data;
  };
}

async function verified(token: string, keys: JWTVerifyGetKey): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["HS256", "ES256", "RS256"],
      requiredClaims: ["exp"],
      clockTolerance: 5,
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Refusal("token_expired", "The token has expired");
    if (error instanceof errors.JOSEError || error instanceof TypeError) {
      throw new Refusal("unauthenticated", "The token is not valid");
    }
    throw error;
  }
}

/** The secret serves HS256 alone and the public keys never do, so neither can be taken for the other. */
function keysOf({ JWT_SECRET, SUPABASE_JWKS }: Environment): JWTVerifyGetKey {
  const secret = JWT_SECRET === undefined ? undefined : importSecret(JWT_SECRET);
  const published = createLocalJWKSet(keySet(SUPABASE_JWKS));
  return (header, token) => {
    if (header.alg !== "HS256") return published(header, token);
    if (secret === undefined) throw new errors.JWKSNoMatchingKey();
    return secret;
  };
}

function importSecret(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

const PublicKeys = z.array(z.looseObject({ kty: z.string() }));

/** The platform gives a key set, or the bare list of its keys. */
function keySet(text = "[]"): { keys: z.output<typeof PublicKeys> } {
  try {
    const given: unknown = JSON.parse(text);
    return Array.isArray(given)
      ? { keys: PublicKeys.parse(given) }
      : z.object({ keys: PublicKeys }).parse(given);
  } catch {
    throw new EnvironmentFault(["SUPABASE_JWKS"], "is no JSON Web Key Set");
  }
}
