/** Sessions beside the sign-in's own: the caller holds a token, the table its HMAC, and five silent minutes end it. */

import type { User } from "./caller.ts";
import type { Sql, Transaction } from "./database.ts";
import { type Environment, EnvironmentFault } from "./environment.ts";
import type { Platform } from "./implement.ts";
import { Refusal } from "./refusal.ts";

const SHORTEST_SECRET = 32;

/** Makes tokens, and what is stored of them: nobody who reads the table can use a session. */
export class SessionTokens {
  private readonly key: Promise<CryptoKey>;

  constructor(secret: string) {
    if (secret.length < SHORTEST_SECRET) {
      throw new EnvironmentFault(["SESSION_SECRET"], `has fewer than ${SHORTEST_SECRET} characters`);
    }
    const bytes = new TextEncoder().encode(secret);
    this.key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  }

  make(): string {
    return hex(crypto.getRandomValues(new Uint8Array(32)));
  }

  /** What the table holds of a token; another user's of the same token is another. */
  async digest(user: User, token: string): Promise<string> {
    const signed = await crypto.subtle.sign(
      "HMAC",
      await this.key,
      new TextEncoder().encode(`${user.id}.${token}`),
    );
    return hex(new Uint8Array(signed));
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What functions are given that know a session's token. */
export interface WithTokens extends Platform {
  readonly tokens: SessionTokens;
}

export function wireTokens({ SESSION_SECRET = "" }: Environment): Omit<WithTokens, keyof Platform> {
  return { tokens: new SessionTokens(SESSION_SECRET) };
}

/** The condition that a session has shown signs of life lately. */
export function alive(sql: Sql | Transaction) {
  return sql`is_active and last_heartbeat > now() - interval '5 minutes'`;
}

/** One refusal for what never was, was ended, or has been silent: the caller signs in again in any case. */
export function ended(): Refusal {
  return new Refusal("session_ended", "The session has ended; start another");
}
