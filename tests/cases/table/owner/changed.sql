ALTER FUNCTION public.f() OWNER TO postgres;
ALTER TABLE public.mine OWNER TO service_role;
