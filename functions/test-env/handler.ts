import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement, type Platform } from "../_shared/implement.ts";

/** Every name that some function reads; a test holds the list against the contracts. */
export const NAMES = [
  "ALLOWED_ORIGINS",
  "JWT_SECRET",
  "SESSION_SECRET",
  "STRIPE_API_URL",
  "STRIPE_PRICE_ID_ANNUAL",
  "STRIPE_PRICE_ID_MONTHLY",
  "STRIPE_SECRET_KEY",
  "STRIPE_WEBHOOK_SECRET",
  "SUPABASE_DB_URL",
  "SUPABASE_JWKS",
] as const;

const testing = contract({
  slug: "test-env",
  group: "debug",
  summary: "Which names of the functions' environment are set; never to what.",
  callers: ["admin"],
  methods: ["GET", "POST"],
  input: z.strictObject({}),
  output: z.strictObject({ set: z.record(z.enum(NAMES), z.boolean()) }),
});

interface Given extends Platform {
  readonly isSet: (name: string) => boolean;
}

export const handler = implement(testing, (_call, { isSet }: Given) =>
  Promise.resolve({
    set: Object.fromEntries(NAMES.map((name) => [name, isSet(name)])) as Record<
      typeof NAMES[number],
      boolean
    >,
  }));
