import { z } from "zod";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import { UserId } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";

const logout = contract({
  slug: "force-logout",
  group: "sessions",
  summary: "Ends all sessions of the caller, or of any user where the caller is an administrator.",
  callers: ["user"],
  input: z.strictObject({ user_id: UserId.optional() }),
  output: z.strictObject({ ended: z.number().int() }),
  errors: ["not_found"],
});

export const handler = implement(logout, async ({ input, user }, { database }) => {
  const id = input.user_id ?? user.id;
  if (id === user.id) {
    const { count } = await database.service`delete from public.active_sessions where user_id = ${id}`;
    return { ended: count };
  }
  if (!await database.isAdmin(user.id)) {
    throw new Refusal("forbidden", "Only administrators end others' sessions");
  }
  return await database.service.begin(async (sql) => {
    const [profile] = await sql`select from public.profiles where id = ${id}`;
    if (profile === undefined) throw new Refusal("not_found", "There is no such user");
    const { count } = await sql`delete from public.active_sessions where user_id = ${id}`;
    await audit(sql, user, "sessions_ended", { user_id: id, ended: count });
    return { ended: count };
  });
});
