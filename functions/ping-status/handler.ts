import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { trouble } from "../_shared/database.ts";
import { implement, type Platform } from "../_shared/implement.ts";

const ping = contract({
  slug: "ping-status",
  group: "health",
  summary: "Whether the function runs, and whether it reaches the database.",
  callers: ["anyone"],
  methods: ["GET", "POST"],
  input: z.strictObject({}),
  output: z.strictObject({
    status: z.enum(["ok", "degraded"]),
    version: z.string(),
    database: z.strictObject({ reachable: z.boolean(), latency_ms: z.number().nonnegative().nullable() }),
  }),
});

interface Given extends Platform {
  /** The deployment that answers. */
  readonly version: string;
}

export const handler = implement(ping, async (_call, { database, version }: Given) => {
  const began = performance.now();
  try {
    await database.service`select 1`;
  } catch (error) {
    // This function still answers: a monitor must be able to tell one failure from the other.
    if (trouble(error) === undefined) throw error;
    return { status: "degraded" as const, version, database: { reachable: false, latency_ms: null } };
  }
  const latency = Math.round((performance.now() - began) * 100) / 100;
  return { status: "ok" as const, version, database: { reachable: true, latency_ms: latency } };
});
