import { z } from "zod";
import { lockAsAdministrator } from "../_shared/administrators.ts";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import { UserId } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";

const toggle = contract({
  slug: "toggle-user-status",
  group: "users",
  summary:
    "Closes or opens a user's account. The sign-in service refuses to sign a closed one in and to renew its token " +
    "(auth.users.banned_until), and its sessions end at once; a token that is out lives to its end, at most an hour, " +
    "but starts no session and administers nothing.",
  callers: ["admin"],
  input: z.strictObject({ user_id: UserId, active: z.boolean() }),
  output: z.strictObject({ user_id: z.uuid(), active: z.boolean(), sessions_ended: z.number().int() }),
  errors: ["not_found", "conflict"],
});

export const handler = implement(
  toggle,
  ({ input: { user_id: id, active }, user }, { database }) =>
    database.service.begin(async (sql) => {
      await lockAsAdministrator(sql, user);
      // Whoever closes accounts keeps one, so there is always somebody who can open them.
      if (id === user.id && !active) throw new Refusal("conflict", "Nobody closes the own account");
      // A time that every service can read, unlike infinity.
      const { count } = await sql`
      update auth.users set banned_until = ${active ? sql`null` : sql`now() + interval '100 years'`}
      where id = ${id}`;
      if (count === 0) throw new Refusal("not_found", "There is no such user");
      const sessions = active
        ? { count: 0 }
        : await sql`delete from public.active_sessions where user_id = ${id}`;
      await audit(sql, user, active ? "user_opened" : "user_closed", { user_id: id });
      return { user_id: id, active, sessions_ended: sessions.count };
    }),
);
