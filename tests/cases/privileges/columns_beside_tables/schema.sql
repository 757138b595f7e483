CREATE TABLE public.people (id int, name text, email text, "E, mail" text);
REVOKE ALL ON public.people FROM anon, authenticated, service_role;
GRANT SELECT ON public.people TO authenticated;
GRANT SELECT (id, name) ON public.people TO anon;
GRANT UPDATE (name, "E, mail"), INSERT (name) ON public.people TO authenticated;
GRANT REFERENCES (id) ON public.people TO PUBLIC;
GRANT SELECT (email) ON public.people TO service_role WITH GRANT OPTION;
