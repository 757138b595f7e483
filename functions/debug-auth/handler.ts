import { decodeProtectedHeader } from "jose";
import { z } from "zod";
import { TOKEN_KEYS } from "../_shared/caller.ts";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";

const debugging = contract({
  slug: "debug-auth",
  group: "debug",
  summary: "What becomes of the token that is sent along: whom it stands for, or why it is refused.",
  callers: ["anyone"],
  methods: ["GET", "POST"],
  environment: [TOKEN_KEYS],
  input: z.strictObject({}),
  output: z.strictObject({
    token: z.enum(["missing", "accepted", "refused"]),
    caller: z.enum(["nobody", "user", "service"]),
    algorithm: z.string().nullable(),
    reason: z.string().nullable(),
  }),
});

export const handler = implement(debugging, async ({ request }, { identify }) => {
  const header = request.headers.get("authorization");
  const algorithm = algorithmOf(header);
  try {
    const caller = await identify(request);
    const token = header === null ? "missing" as const : "accepted" as const;
    return { token, caller: caller.kind, algorithm, reason: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { token: "refused" as const, caller: "nobody" as const, algorithm, reason: error.message };
  }
});

/** What the token says it was signed with; nothing is believed because of it. */
function algorithmOf(header: string | null): string | null {
  try {
    return decodeProtectedHeader(header?.split(" ").at(-1) ?? "").alg?.slice(0, 20) ?? null;
  } catch {
    return null;
  }
}
