CREATE TABLE public.people (id int, name text, email text);
REVOKE ALL ON public.people FROM anon, authenticated, service_role;
GRANT SELECT (id, name), UPDATE (name) ON public.people TO anon;
