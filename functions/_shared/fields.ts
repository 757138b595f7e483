/** Fields that several contracts have. */

import { z } from "zod";

export const Npa = z.string().regex(/^[0-9]{3}$/, "Three digits, such as 201");
