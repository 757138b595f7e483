REVOKE DELETE, TRUNCATE ON public.open FROM anon;
GRANT DELETE ON public.readable TO anon;
REVOKE SELECT ON public.readable FROM PUBLIC;
GRANT SELECT ON public.closed TO service_role;
