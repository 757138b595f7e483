/** What a function promises, as data: the wrapper enforces it, and the documents are made of it. */

import type { z } from "zod";
import type { ErrorCode } from "./refusal.ts";

/** `anyone` needs no token; `admin` is told by the database. */
export type Role = "anyone" | "user" | "admin" | "service";

export type Method = "GET" | "POST";

/** The data of a POST: JSON, or the text as it stands. */
export type MediaType = "application/json" | "text/csv";

/** What a function belongs to; stacks leave whole groups out. */
export type Group =
  | "health"
  | "lerg"
  | "legacy_lerg"
  | "users"
  | "sessions"
  | "billing"
  | "uploads"
  | "trial"
  | "debug"
  | "organization";

export interface Contract<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly slug: string;
  readonly group: Group;
  readonly summary: string;
  readonly callers: readonly [Role, ...Role[]];
  /** Whether the platform is to check tokens before the function does. */
  readonly verifyJwt: boolean;
  /** A GET gives its input in the query, a POST in the body. */
  readonly methods: readonly [Method, ...Method[]];
  readonly mediaType: MediaType;
  /** Whether the body is given as it stands, though it is JSON: a signature is of its very bytes. */
  readonly raw: boolean;
  /** How many bytes a body may have. */
  readonly maxBytes: number;
  /** After how many milliseconds the caller is told that it took too long. */
  readonly timeout: number;
  /** What it reads from the environment, beside what every function does; a name with `?` may be unset. */
  readonly environment: readonly string[];
  readonly input: Input;
  readonly output: Output;
  /** The status of a success. */
  readonly status: 200 | 201;
  /** The refusals of its own, beside those that every function may give. */
  readonly errors: readonly ErrorCode[];
  /** When it is to be called by itself: a cron expression, in UTC. */
  readonly schedule?: string;
}

type Optional =
  | "verifyJwt"
  | "methods"
  | "mediaType"
  | "raw"
  | "maxBytes"
  | "timeout"
  | "environment"
  | "status"
  | "errors";

type Stated<Input extends z.ZodType, Output extends z.ZodType> =
  & Omit<Contract<Input, Output>, Optional>
  & Partial<Pick<Contract<Input, Output>, Optional>>;

/** A contract, with what most functions have in common filled in. */
export function contract<Input extends z.ZodType, Output extends z.ZodType>(
  stated: Stated<Input, Output>,
): Contract<Input, Output> {
  return {
    verifyJwt: needsToken(stated),
    methods: ["POST"],
    mediaType: "application/json",
    raw: false,
    maxBytes: 16 * 1024,
    timeout: 10_000,
    environment: [],
    status: 200,
    errors: [],
    ...stated,
  };
}

/** Whether a token is needed at all. */
export function needsToken({ callers }: Pick<Contract, "callers">): boolean {
  return !callers.includes("anyone");
}
