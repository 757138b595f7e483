/** Functions that hold a name for something that doesn't exist yet. */

import { z } from "zod";
import { contract } from "./contract.ts";
import { type Handler, implement } from "./implement.ts";
import { Refusal } from "./refusal.ts";

/** A function that says what it would do, and that it doesn't. */
export function placeholder(slug: string, purpose: string): Handler {
  const held = contract({
    slug,
    group: "organization",
    summary: `A placeholder: it is to ${purpose}, once there are organizations.`,
    callers: ["user"],
    input: z.looseObject({}),
    output: z.never(),
    errors: ["not_implemented"],
  });
  const message = `${slug} is a placeholder: it is to ${purpose}, once there are organizations`;
  return implement(held, () => Promise.reject(new Refusal("not_implemented", message)));
}
