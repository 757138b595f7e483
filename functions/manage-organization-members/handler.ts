import { placeholder } from "../_shared/placeholder.ts";

export const handler = placeholder("manage-organization-members", "change the members of an organization");
