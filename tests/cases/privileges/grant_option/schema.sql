CREATE TABLE public.t (id int);
REVOKE ALL ON public.t FROM anon, authenticated, service_role;
GRANT SELECT, INSERT ON public.t TO anon WITH GRANT OPTION;
GRANT SELECT ON public.t TO authenticated WITH GRANT OPTION;
GRANT INSERT ON public.t TO authenticated;
