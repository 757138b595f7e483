REVOKE ALL ON public.shown, public.stored FROM anon, authenticated, service_role;
GRANT SELECT ON public.shown TO anon;
GRANT SELECT (id) ON public.stored TO authenticated;
