/** Fields that several contracts have. */

import { z } from "zod";

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Text that Postgres can hold and a person can read: no control characters, no halves of characters. */
export function text(longest: number) {
  return z.string().min(1, "Must not be empty").max(longest, `May have ${longest} characters at most`)
    .refine((value) => value.isWellFormed() && !CONTROL.test(value), "Holds what is no character");
}

export const Npa = z.string().regex(/^[0-9]{3}$/, "Three digits, such as 201");

/** A user's id, as Postgres writes it. */
export const UserId = z.uuid().toLowerCase();

/** A time as Postgres tells it, in the form of JSON. */
export const Time = z.iso.datetime();

/** A session's token, as `manage-session` gives it. */
export const SessionToken = z.string().regex(/^[0-9a-f]{64}$/, "A session's token");
