import { saysWhatItIs } from "../_testing/placeholder.ts";
import { handler } from "./handler.ts";

saysWhatItIs(handler);
