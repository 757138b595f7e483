CREATE OR REPLACE VIEW public.active AS SELECT id, name FROM public.users WHERE active IS NOT FALSE;
ALTER VIEW public.counted RESET (security_invoker);
COMMENT ON VIEW public.counted IS NULL;
DROP VIEW public."Named, so";
