import { placeholder } from "../_shared/placeholder.ts";

export const handler = placeholder("invite-user", "invite a user to an organization");
