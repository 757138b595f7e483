import { serve } from "../_shared/serve.ts";
import { subscriptionsOf } from "../_shared/subscriptions.ts";
import { handler } from "./handler.ts";

serve(handler, (environment) => ({ subscriptions: subscriptionsOf(environment) }));
