import { serve } from "../_shared/serve.ts";
import { wireTokens } from "../_shared/sessions.ts";
import { handler } from "./handler.ts";

serve(handler, wireTokens);
